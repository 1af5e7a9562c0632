/** What a notice tells, in words. */
import { codeWords, has, t } from '../shared/words';

export const noticeWords = (code: string, entity: string | number): string => (has(`notice.${code}`) ? t(`notice.${code}`, String(entity)) : t('notice.other', code, String(entity)));
/** What it is about; a membership is told by its role. */
export const noticeTitle = (noun: string, title: string | null): string => (title === null || noun !== 'membership' ? (title ?? '') : codeWords('role', title));
/** What one may want by mail or not, as the API names it. */
export const noticeKinds = ['approval', 'delivery', 'event', 'request', 'membership', 'operation'];
