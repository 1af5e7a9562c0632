import type { Client } from '../../bin/client';
import { follow, percent, type Counts, type DeliveryView } from '../../bin/follow';

const counts = (sent: number, total = 200): Counts => ({ total, pending: total - sent, sent, skipped: 0, failed: 0, unknown: 0, cancelled: 0 });
const view = (state: string, sent: number): DeliveryView => ({ id: 1, state, version: 1, counts: counts(sent), attention: [] });

/** An API whose delivery goes through these steps: what each asking answers, and what is streamed after it. */
function apiOf(steps: { view: DeliveryView; stream?: Counts[] | Error }[]): Client {
  let at = -1;
  return {
    get: async () => steps[Math.min(++at, steps.length - 1)]!.view,
    async *events() {
      const { stream = [] } = steps[at]!;
      if (stream instanceof Error) throw stream;
      for (const counted of stream) yield { event: 'progress', data: { counts: counted } };
      yield { event: 'changed', data: { version: 2 } };
    },
  } as unknown as Client;
}

async function watch(api: Client, { terminal }: { terminal: boolean }): Promise<{ written: string[]; last: DeliveryView }> {
  const before = process.stderr.isTTY;
  const written: string[] = [];
  const spy = jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => Boolean(written.push(String(chunk))));
  process.stderr.isTTY = terminal;
  try {
    return { last: await follow(api, 1), written };
  } finally {
    process.stderr.isTTY = before;
    spy.mockRestore();
  }
}

describe('watching a delivery', () => {
  const ticks = Array.from({ length: 201 }, (_, sent) => counts(sent));

  it('draws one bar on a terminal, drawn over in place', async () => {
    const { written } = await watch(apiOf([{ view: view('running', 0), stream: ticks }, { view: view('finished', 200) }]), { terminal: true });
    expect(written.slice(0, -1).every((line) => line.startsWith('\r\u001b[K['))).toBe(true);
    expect(written.at(-2)).toMatch(/\[#+\] 200\/200 {2}finished/);
    expect(written.join('').split('\n')).toHaveLength(2);
  });

  it('writes a line per 10 % into a pipe, never one per page', async () => {
    const { written } = await watch(apiOf([{ view: view('running', 0), stream: ticks }, { view: view('finished', 200) }]), { terminal: false });
    const lines = written.join('').trimEnd().split('\n');
    expect(lines).toHaveLength(12);
    expect(lines[0]).toBe('running');
    expect(lines[5]).toBe('50 %  100 of 200: 100 sent, 0 skipped, 0 failed');
    expect(written.join('')).not.toContain('\u001b');
  });

  it('asks instead where the stream breaks', async () => {
    const { last } = await watch(apiOf([{ view: view('running', 0), stream: new Error('cut') }, { view: view('finished', 200) }]), { terminal: false });
    expect(last.state).toBe('finished');
  });

  it.each([true, false])('says once what waits for an operator, and how it is answered (terminal: %s)', async (terminal) => {
    const attention = [{ operation: 7, code: 'wiki.session', wiki: 'de.example.org', attempts: 1 }, { operation: 8, code: 'delivery.lists-grown', wiki: null, attempts: 1 }];
    const { written } = await watch(apiOf([{ view: view('running', 0) }, { view: { ...view('running', 0), attention }, stream: [counts(1)] }, { view: { ...view('running', 2), attention } }, { view: view('finished', 200) }]), { terminal });
    expect(written.join('').split(/[\n\r]/).filter((line) => line.includes('attention')).map((line) => line.replace('\u001b[K', ''))).toEqual([
      'Needs attention: wiki.session on de.example.org. Once it is mended: reeve ops retry delivery/1/de.example.org (or skip, or abort)',
      'Needs attention: delivery.lists-grown. Once it is mended: reeve ops retry delivery/1 (or skip, or abort)',
    ]);
  });

  it('ends where a person has to act', async () => {
    expect((await watch(apiOf([{ view: view('requested', 0) }]), { terminal: false })).last.state).toBe('requested');
  });

  it('says 100 % only when nothing is left', () => {
    expect(percent(counts(1999, 2000))).toBe(99);
    expect(percent(counts(0, 0))).toBe(0);
  });
});
