/** Who is reading: where they may go, how they want it shown. Read once before anything is drawn, then with every change. */
import { reactive } from 'vue';
import { get, session } from '../shared/api';
import { singleKeys } from '../shared/keys';
import { has, setZone, t } from '../shared/words';

export interface Section { section: string; path: string; count?: number }
export interface Area { area: string; path: string; count?: number; sections: Section[] }
export interface Settings { theme: 'auto' | 'light' | 'dark'; textSize: 'small' | 'medium' | 'large'; singleKeys: boolean }
export interface Me {
  user: { id: number; name: string; language: string; timeZone: string; email: string | null; appOnly: string[] };
  roles: { role: string; wiki: string | null }[];
  areas: Area[];
  notices: number;
  settings: Settings;
  /** They hold a role that does not count yet. */
  unidentified: boolean;
  localSignIn: boolean;
  /** Within ten minutes. */
  freshSignIn: boolean;
  secondFactor: boolean;
  csrfToken?: string;
  version: number;
}

export const me = reactive({}) as Me;

/** @throws Problem 401 */
export async function readMe(): Promise<Me> {
  return take(await get<Me>('/api/me'));
}

export function take(read: Me): Me {
  Object.assign(me, read);
  session.csrfToken = read.csrfToken ?? session.csrfToken;
  setZone(read.user.timeZone);
  singleKeys.value = read.settings?.singleKeys ?? true;
  applyTheme(read.settings?.theme ?? 'auto', read.settings?.textSize ?? 'medium');
  return me;
}

/** Of what waits for the reader: anything that is done may change it. One question for many of them. */
let counting: ReturnType<typeof setTimeout> | undefined;
export function readCountsSoon(): void {
  clearTimeout(counting);
  counting = setTimeout(() => void get<Me>('/api/me').then(({ areas, notices }) => Object.assign(me, { areas, notices })).catch(() => {}), 1_000);
}
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && me.user && readCountsSoon());

/** Print stays light. */
function applyTheme(theme: Settings['theme'], textSize: Settings['textSize']): void {
  const { documentElement } = document;
  documentElement.dataset.theme = theme;
  documentElement.dataset.textSize = textSize;
  document.querySelector<HTMLLinkElement>('#dark')!.media = { auto: 'screen and (prefers-color-scheme: dark)', light: 'not all', dark: 'screen' }[theme];
}

/** A section's name, which an area may have of its own. */
export const sectionWords = (area: string, section: string): string => t(has(`section.${area}.${section}`) ? `section.${area}.${section}` : `section.${section}`);
