/** What is wrong with a line, in words. */
import { codeWords } from '../shared/words';

export const problemWords = (code: string): string => codeWords('targetList.problem', code);
