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
}
export const userEntity = new EntitySchema<User>({
  name: 'user',
  columns: {
    ...kernelColumns,
    name: { type: 'text' },
    passwordHash: { type: 'text', nullable: true },
    language: { type: 'text', default: 'en' },
    timeZone: { type: 'text', default: 'UTC' },
  },
});
export const userPrivate: (keyof User)[] = ['name', 'passwordHash'];
