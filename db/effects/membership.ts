/** Effects of memberships that are rows: why somebody appeals, and what is left when the record of an application is erased. */
import { erased } from '../erasures';
import type { Writer } from './index';

const writeAppeal: Writer = async ({ client, row, input }) => {
  await client.query('update membership set appeal = $2 where id = $1', [row.id, input.text]);
};

/** Who held which role when stays; what they were judged by is gone. */
const eraseVetting: Writer = async ({ client, row }) => {
  await client.query(`update membership set ${erased('membership')} where id = $1`, [row.id]);
};

export const membershipWriters: Record<string, Writer> = { writeAppeal, eraseVetting };
