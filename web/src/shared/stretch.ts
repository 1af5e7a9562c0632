/** `uselang=x-long`: every word 40 % longer, for who looks whether a page holds that. Used by the app and by the public pages. */
export const stretch = (text: string): string => text.replace(/\p{L}{3,}/gu, (word) => word + word.slice(-Math.ceil(word.length * 0.4)));
