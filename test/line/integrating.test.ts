/** docs/integrating.md: its lines name what there is, so that whoever copies one gets what it says. */
import { places } from '../../docs/walk';
import { parseWorkflowId } from '../../workflows/ids';
import { filesIn, read } from './tree';

const text = read('docs/integrating.md');
const lines = text.split('\n').filter((line) => line.startsWith('temporal '));
const workflows = filesIn('workflows').map(read).join('\n');
const opened = [...workflows.matchAll(/define(?:Signal|Query|Update)(?:<[^(]*>)?\('(\w+)'/g)].map(([, name]) => name!);

describe('docs/integrating.md', () => {
  test('has a line for every kind of workflow', () => {
    expect(lines.length).toBeGreaterThan(10);
    const kinds = lines.flatMap((line) => parseWorkflowId(/--workflow-id (\S+)/.exec(line)?.[1] ?? '')?.type ?? []);
    expect([...new Set(kinds)].sort()).toEqual(['accountCreation', 'commentScan', 'escalation', 'eventWindow', 'massDelivery', 'nameCheck', 'retention', 'timer', 'wikiDelivery']);
  });

  test.each(lines)('names a workflow and a handler that there are: %s', (line) => {
    const id = /--workflow-id (\S+)/.exec(line)?.[1];
    if (id) expect(parseWorkflowId(id)).not.toBeNull();
    const asked = /--(?:type) (\w+)/.exec(line)?.[1];
    if (asked) expect(opened).toContain(asked);
    const name = /--name (\w+)/.exec(line)?.[1];
    const verbs = places().flatMap(({ noun, verbs: own }) => (noun === 'delivery' || noun === 'operation' ? own : []));
    if (name) expect(/^(event|escalation)\//.test(id ?? '') ? opened : verbs).toContain(name);
    const input = /--input '([^']*)'/.exec(line)?.[1];
    if (input) expect((JSON.parse(input) as { reason: string }).reason).toMatch(/^[a-z0-9-]+$/);
    for (const [, attribute] of line.matchAll(/(Reeve\w+) =/g)) expect(read('workflows/attributes.ts')).toContain(attribute!);
  });

  test('names addresses that OpenAPI knows as their nouns', () => {
    for (const [, noun] of text.matchAll(/`(?:GET|POST) \/api\/([a-z-]+)/g)) expect(filesIn('api/routes').map((file) => file.replace(/^.*\/|\.ts$/g, ''))).toContain(noun);
  });
});
