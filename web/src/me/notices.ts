/** What a notice tells, in words. */
import { has, t } from '../shared/words';

export const noticeWords = (code: string, entity: string | number): string => (has(`notice.${code}`) ? t(`notice.${code}`, String(entity)) : t('notice.other', code, String(entity)));
export const noticeCodes = ['delivery.submit', 'delivery.approve', 'delivery.reject', 'delivery.cancel', 'delivery.finish', 'membership.approve', 'membership.decline', 'membership.suspend', 'membership.reinstate', 'membership.end', 'membership.ended', 'membership.changeRole', 'operation.new'];
