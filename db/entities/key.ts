import { EntitySchema } from 'typeorm';
import { kernelColumns, type KernelColumns } from './kernel';

/** An API key of a user: the secret is kept as its SHA-256 only. */
export interface Key extends KernelColumns {
  userId: number;
  label: string;
  hash: Buffer;
  scopes: string[];
  expiresAtMs: number | null;
  lastUsedAtMs: number | null;
}
export const keyEntity = new EntitySchema<Key>({
  name: 'key',
  columns: {
    ...kernelColumns,
    userId: { type: 'integer' },
    label: { type: 'text', default: '' },
    hash: { type: 'bytea' },
    scopes: { type: 'text', array: true },
    expiresAtMs: { type: 'bigint', nullable: true },
    lastUsedAtMs: { type: 'bigint', nullable: true },
  },
});
export const keyPrivate: (keyof Key)[] = ['hash', 'label'];
