/** Why a step waits, in words; a code that has none is what one can look up. */
import { has, t } from '../shared/words';

export const reasonWords = (code: string): string => (has(`code.${code}`) ? t(`code.${code}`) : has(`error.${code}`) ? t(`error.${code}`) : code);
