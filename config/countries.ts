/** The countries that there are, by ISO 3166: for the configuration, and for fields that name one. */
import { getAlpha2Codes, isValid } from 'i18n-iso-countries';

/** Two capital letters each. */
export const countryCodes = (): string[] => Object.keys(getAlpha2Codes());
export const isCountry = (code: string): boolean => /^[A-Z]{2}$/.test(code) && isValid(code);
