import { EntitySchema } from 'typeorm';
import { kernelColumns, type KernelColumns } from './kernel';

/** A person with an account here. */
export interface User extends KernelColumns {
  name: string;
  /** argon2id; null = no local sign-in. */
  passwordHash: string | null;
  /** BCP 47. */
  language: string;
  /** IANA name. */
  timeZone: string;
  /** Where notices go by mail; null = they stay in Reeve. */
  email: string | null;
  /** The kinds of notices (db/entities/notice.ts) that are not wanted by mail. */
  appOnly: string[];
  theme: (typeof themes)[number];
  textSize: (typeof textSizes)[number];
  /** Whether single letters are shortcuts: not everybody can do without them doing something. */
  singleKeys: boolean;
}
export const themes = ['auto', 'light', 'dark'] as const;
export const textSizes = ['small', 'medium', 'large'] as const;
export const userEntity = new EntitySchema<User>({
  name: 'user',
  columns: {
    ...kernelColumns,
    name: { type: 'text' },
    passwordHash: { type: 'text', nullable: true },
    language: { type: 'text', default: 'en' },
    timeZone: { type: 'text', default: 'UTC' },
    email: { type: 'text', nullable: true },
    appOnly: { type: 'text', array: true, default: [] },
    theme: { type: 'text', default: 'auto' },
    textSize: { type: 'text', default: 'medium' },
    singleKeys: { type: 'boolean', default: true },
  },
});
export const userPrivate: (keyof User)[] = ['name', 'passwordHash', 'email'];
