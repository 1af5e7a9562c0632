/** What looks like where a person is to be found: a mail address, an IP address of either kind. */
import { fieldError } from '../config/errors';

const WHEREABOUTS = /[^\s@]+@[^\s@]+\.[^\s@]+|\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[\da-f]{1,4}:){2,7}(?::?[\da-f]{1,4}\b|:)(?::[\da-f]{1,4})*(?:\.\d{1,3})*|\b[\da-f]{1,4}::[\da-f]{1,4}\b(?::[\da-f]{1,4}\b)*/giu;

export const holdsWhereabouts = (text: string): boolean => text.search(WHEREABOUTS) >= 0;
/** The text as those read it for whom they are not. */
export const withoutWhereabouts = (text: string): string => text.replace(WHEREABOUTS, '[…]');
/** @throws ReeveError request.private-comment */
export function needNoWhereabouts(text: string, acknowledge: unknown): void {
  if (!acknowledge && holdsWhereabouts(text)) throw fieldError('/text', 'request.private-comment');
}
