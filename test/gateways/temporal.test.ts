import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Connection } from '@temporalio/client';
import { SearchAttributesFault, createTemporal, ensureSearchAttributes, type Temporal, type TemporalConfig } from '../../gateways/temporal';
import { searchAttributes } from '../../workflows/attributes';
import { eventually } from '../support/eventually';
import { services } from '../support/services';

const configOf = (values: Partial<TemporalConfig> = {}): TemporalConfig => ({ TEMPORAL_ADDRESS: services.temporalAddress(), TEMPORAL_NAMESPACE: 'default', TEMPORAL_TASK_QUEUE: 'reeve', TEMPORAL_TLS: false, TEMPORAL_API_KEY: undefined, ...values });
async function reachable(config: TemporalConfig, timeoutMs: number): Promise<boolean> {
  const temporal = createTemporal(config, 'test');
  return temporal.reachable(timeoutMs).finally(() => temporal.close());
}

describe('Temporal, seen from here', () => {
  test('is reachable when it is there', async () => {
    expect(await reachable(configOf(), 60_000)).toBe(true);
  });

  test('is not when nobody listens, when the namespace is missing, or when it stays silent', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    expect(await reachable(configOf({ TEMPORAL_ADDRESS: '127.0.0.1:1' }), 700)).toBe(false);
    expect(await reachable(configOf({ TEMPORAL_NAMESPACE: 'no-such-namespace' }), 700)).toBe(false);
    expect(await reachable(configOf({ TEMPORAL_ADDRESS: `127.0.0.1:${(silent.address() as AddressInfo).port}` }), 700)).toBe(false);
    silent.close();
  });

  test('need not be there for a client to be made', async () => {
    const temporal = createTemporal(configOf({ TEMPORAL_ADDRESS: '127.0.0.1:1' }), 'test');
    expect(await temporal.reachable(300)).toBe(false);
    await temporal.close();
  });

  describe('search attributes', () => {
    let temporal: Temporal;
    beforeEach(async () => {
      temporal = createTemporal(configOf({ TEMPORAL_NAMESPACE: `attributes-${randomBytes(4).toString('hex')}` }), 'test');
      await (temporal.client.connection as Connection).workflowService.registerNamespace({ namespace: temporal.namespace, workflowExecutionRetentionPeriod: { seconds: 86_400 as never } });
      await eventually(() => registered());
    });
    afterEach(() => temporal.close());
    const operator = () => (temporal.client.connection as Connection).operatorService;
    const registered = async () => (await operator().listSearchAttributes({ namespace: temporal.namespace })).customAttributes;

    test('are registered once, by as many as ask at the same time', async () => {
      await Promise.all([1, 2, 3].map(() => ensureSearchAttributes(temporal, searchAttributes)));
      await ensureSearchAttributes(temporal, searchAttributes);
      expect(await registered()).toMatchObject({ ReeveKind: 2, ReeveEntity: 2, ReeveWiki: 2, ReeveState: 2, ReeveAttention: 5 });
    });

    test('of another type are not taken for the right ones: the commands say what to do', async () => {
      await operator().addSearchAttributes({ namespace: temporal.namespace, searchAttributes: { ReeveAttention: 2 } });
      const fault = await ensureSearchAttributes(temporal, searchAttributes).then(() => undefined, (error: unknown) => error);
      expect(fault).toBeInstanceOf(SearchAttributesFault);
      expect((fault as SearchAttributesFault).commands).toEqual([`temporal operator search-attribute create --namespace ${temporal.namespace} --name ReeveAttention --type Bool`]);
      expect(await registered()).toMatchObject({ ReeveKind: 2 });
    });
  });
});
