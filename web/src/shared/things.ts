/** Where what an operation, a notice or a log entry speaks of has its page, and what it is called. */
import { has, t } from './words';

const PAGES: Record<string, string> = { delivery: '/deliveries', event: '/events', request: '/requests', queue: '/queues', form: '/forms', ban: '/bans', template: '/templates', targetList: '/target-lists', operation: '/operations', user: '/users', wiki: '/wikis', membership: '/memberships', key: '/keys' };

export const pageOf = (noun: string, id: number | string): string | undefined => PAGES[noun] && `${PAGES[noun]}/${id}`;
export const thingWords = (noun: string, id: number | string): string => t(has(`thing.${noun}`) ? `thing.${noun}` : 'thing', String(id), noun);
