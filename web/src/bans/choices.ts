/** What a ban may be held against, and what may follow. */
export const targets = ['name', 'email', 'userAgent', 'address'];
export const actions = ['block', 'drop', 'dropQuietly', 'defer'];
