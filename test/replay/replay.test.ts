import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import * as workflows from '../../workflows';
import { dataConverter } from '../../gateways/temporal';
import { silence, testBundle } from '../support/temporal';

const folder = join(__dirname, 'histories');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const historyOf = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
const typeOf = (file: string): string => historyOf(file).events[0].workflowExecutionStartedEventAttributes.workflowType.name;

/** What a careless change would do to a workflow that is running: by its type, a change of the bundled code. */
const mutants: Record<string, [from: RegExp, to: string][]> = {
  massDelivery: [[/through\(\(\)=>finish\(/, 'through(()=>FIRST('], [/through\(\(\)=>openWikis\(/, 'through(()=>finish('], [/through\(\(\)=>FIRST\(/, 'through(()=>openWikis(']],
  wikiDelivery: [[/const now = await attention\.through\(\(\)=>wikiStatus\(/, 'await wikiStatus(part); const now = await attention.through(()=>wikiStatus(']],
  timer: [[/if \(waitMs > 0 &&/, 'if (false &&']],
  accountCreation: [[/if \(waitMs > 0\)/, 'if (false)']],
  retention: [[/if \(swept\.more\)\s*continue;/, '']],
  commentScan: [[/if \(looked\.more\)\s*continue;/, '']],
  eventWindow: [[/if \(waitMs > 0 &&/, 'if (false &&']],
  escalation: [[/if \(waitMs > 0 &&/, 'if (false &&']],
};

describe('histories that were recorded', () => {
  let code: string;
  beforeAll(async () => {
    silence();
    code = readFileSync(await testBundle(), 'utf8');
  });
  const replay = (bundle: string, file: string) => Worker.runReplayHistory({ workflowBundle: { code: bundle }, dataConverter }, historyOf(file), 'replayed');

  test.each(files)('%s is told the same way by the present workflows', async (file) => {
    await replay(code, file);
  });

  test('are there for every workflow type', () => {
    expect([...new Set(files.map(typeOf))].sort()).toEqual(Object.keys(workflows).sort());
  });

  test.each(Object.entries(mutants))('show it when somebody changes the order of steps in %s', async (type, changes) => {
    const mutant = changes.reduce((text, [from, to]) => {
      expect(text).toMatch(from);
      return text.replace(from, to);
    }, code);
    const results = await Promise.all(files.filter((file) => typeOf(file) === type).map((file) => replay(mutant, file).then(() => undefined, (error: unknown) => error)));
    expect(results.some((error) => error instanceof DeterminismViolationError)).toBe(true);
  });
});
