/** The columns that db/apply.ts keeps on every noun, and how an entity file declares itself. */
import type { EntitySchemaColumnOptions } from 'typeorm';

export interface KernelColumns {
  id: number;
  state: string;
  version: number;
  /** Timer id → due instant, Unix milliseconds: the truth about what the clock will do to this row. */
  timers: Record<string, number>;
  dueAtMs: number | null;
  auditHash: Buffer;
  createdAtMs: number;
  updatedAtMs: number;
}

export const kernelColumns: { [K in keyof KernelColumns]: EntitySchemaColumnOptions } = {
  id: { type: 'integer', primary: true, generated: 'increment' },
  state: { type: 'text' },
  version: { type: 'integer', default: 1 },
  timers: { type: 'jsonb', default: {} },
  dueAtMs: { type: 'bigint', nullable: true },
  auditHash: { type: 'bytea' },
  createdAtMs: { type: 'bigint' },
  updatedAtMs: { type: 'bigint' },
};
