/** What an event's fields can be, in words: for its form, its list and its page. */
import codes from 'virtual:countries';
import { lang, t } from '../shared/words';

const contributionTypes = ['editing-event', 'media-upload-event', 'backlog-drive', 'contest'];
const communityTypes = ['workshop', 'training-seminar', 'meetup', 'hackathon', 'conference'];
export const types = [...contributionTypes, ...communityTypes, 'other'];
export const participations = ['online', 'in-person', 'hybrid'];

export interface Choice { value: string; label: string }
export const typeWords = (type: string): string => t(`event.type.${type}`);
export const choicesOf = (prefix: string, values: string[]): Choice[] => values.map((value) => ({ value, label: t(`${prefix}.${value}`) }));

const names = new Intl.DisplayNames(lang, { type: 'region' });
export const countryWords = (code: string): string => names.of(code) ?? code;
const { compare } = new Intl.Collator(lang);
export const countries = (): Choice[] => codes.map((value) => ({ value, label: countryWords(value) })).sort((a, b) => compare(a.label, b.label));
