/**
 * Random actors before random rows of a noun, every verb and every field of each: what the policies say beside what the
 * oracle says. Short in oracle.test.ts, 200,000 cases in bench/chaos/r20-rights.ts.
 */
import fc from 'fast-check';
import { kernelColumns } from '../../db/entities/kernel';
import { askedOf } from '../../db/permissions';
import { may, type Noun } from '../../policies';
import { columnsOf, plain, someActor, someRows } from '../support/arbitraries';
import { bookedFields, mayByTheBook } from './oracle';

export interface Matrix {
  asked: number;
  allowed: number;
  /** Cases in which the two differ, in words. */
  differences: string[];
}

/** Rights that are no verbs stand here by hand, as in the oracle, so that one which a policy loses is asked for all the same. */
const rights = ['delete', 'drop', 'reveal', 'send', 'grant', 'widen', 'readCreations', 'pauseCreations', 'resumeCreations', 'export', 'erase', 'reviewComments', 'nonsense'];
export const verbsAsked = (noun: Noun): string[] => [...new Set([...askedOf(noun), ...rights])];
export const rowsOf = (noun: Noun): fc.Arbitrary<Record<string, unknown>[]> => (noun === 'audit' ? fc.constant([{ id: 1, noun: 'delivery', entity: 1 }]) : someRows(noun));
const fieldsOf = (noun: Noun): string[] => (noun === 'audit' ? ['actor', 'requestId'] : [...new Set([...Object.keys(columnsOf(noun)), ...bookedFields(noun)])].filter((name) => !(name in kernelColumns))); // the door's own are shown with the rest

/** @param draws how many actors meet up to twelve rows each. */
export function walkMatrix(noun: Noun, seed: number, draws: number): Matrix {
  const asks = [...verbsAsked(noun).map((verb): [string, undefined] => [verb, undefined]), ...['read', 'edit'].flatMap((verb) => fieldsOf(noun).map((field): [string, string] => [verb, field]))];
  const matrix: Matrix = { asked: 0, allowed: 0, differences: [] };
  for (const drawn of fc.sample(fc.tuple(someActor, rowsOf(noun)), { seed, numRuns: draws })) {
    const [actor, rows] = plain(drawn);
    for (const row of rows)
      for (const [verb, field] of asks) {
        const { allowed } = may(actor, verb, noun, row, field);
        matrix.asked++;
        matrix.allowed += Number(allowed);
        if (allowed !== mayByTheBook(actor, verb, noun, row, field)) matrix.differences.push(`${JSON.stringify(actor)} ${verb} ${field ?? ''} of ${noun} ${JSON.stringify(row)}: ${allowed ? 'allowed' : 'forbidden'}`);
      }
  }
  return matrix;
}
