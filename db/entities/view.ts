import { EntitySchema } from 'typeorm';

/** A name for what a page shows: its filters and its order. Changes nothing of Reeve's own, so it has no audit chain. */
export interface View {
  id: number;
  ownerId: number;
  name: string;
  /** Of a page: `/deliveries`. */
  path: string;
  /** What stands after the `?`. */
  query: string;
  shared: boolean;
  createdAtMs: number;
}
export const viewEntity = new EntitySchema<View>({
  name: 'view',
  columns: {
    id: { type: 'integer', primary: true, generated: 'increment' },
    ownerId: { type: 'integer' },
    name: { type: 'text' },
    path: { type: 'text' },
    query: { type: 'text' },
    shared: { type: 'boolean' },
    createdAtMs: { type: 'bigint' },
  },
});
export const viewPrivate: (keyof View)[] = ['name', 'query'];
