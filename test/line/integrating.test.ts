/** docs/integrating.md: its lines name what there is, so that whoever copies one gets what it says. */
import { places } from '../../docs/walk';
import { accountCreationWorkflowId, commentScanWorkflowId, deliveryWorkflowId, nameCheckWorkflowId, retentionWorkflowId, timerWorkflow, wikiDeliveryWorkflowId } from '../../workflows/ids';
import { filesIn, read } from './tree';

const text = read('docs/integrating.md');
const lines = text.split('\n').filter((line) => line.startsWith('temporal '));
const workflows = filesIn('workflows').map(read).join('\n');
/** One of each kind, as the page names them. */
const ids = [
  ...['delivery', 'event', 'request'].map((noun) => timerWorkflow(noun, 7).workflowId), deliveryWorkflowId(7), wikiDeliveryWorkflowId(7, 'en.example.org'),
  accountCreationWorkflowId(7), nameCheckWorkflowId(7), commentScanWorkflowId, retentionWorkflowId('request'),
];
const idIn = (line: string): string[] => /--workflow-id (\S+)/.exec(line)?.slice(1) ?? [];
const opened = [...workflows.matchAll(/define(?:Signal|Query|Update)(?:<[^(]*>)?\('(\w+)'/g)].map(([, name]) => name!);

describe('docs/integrating.md', () => {
  test('has a line for every kind of workflow', () => {
    expect(lines.length).toBeGreaterThan(10);
    expect([...new Set(lines.flatMap(idIn))].sort()).toEqual([...ids].sort());
  });

  test.each(lines)('names a workflow and a handler that there are: %s', (line) => {
    const [id = ''] = idIn(line);
    const asked = /--(?:type) (\w+)/.exec(line)?.[1];
    if (asked) expect(opened).toContain(asked);
    const name = /--name (\w+)/.exec(line)?.[1];
    const verbs = places().flatMap(({ noun, verbs: own }) => (noun === 'delivery' || noun === 'operation' ? own : []));
    if (name) expect(/^(event|escalation)\//.test(id) ? opened : verbs).toContain(name);
    const input = /--input '([^']*)'/.exec(line)?.[1];
    if (input) expect((JSON.parse(input) as { reason: string }).reason).toMatch(/^[a-z0-9-]+$/);
    for (const [, attribute] of line.matchAll(/(Reeve\w+) =/g)) expect(read('workflows/attributes.ts')).toContain(attribute!);
  });

  test('names addresses that OpenAPI knows as their nouns', () => {
    for (const [, noun] of text.matchAll(/`(?:GET|POST) \/api\/([a-z-]+)/g)) expect(filesIn('api/routes').map((file) => file.replace(/^.*\/|\.ts$/g, ''))).toContain(noun);
  });
});
