import { Linter } from 'eslint';
import { parser } from 'typescript-eslint';
import { join } from 'node:path';
// @ts-expect-error -- a plain script without types
import { importTable } from '../../scripts/house/import-table.mjs';
import { filesIn, folders, importsOf, read, root, target } from './tree';

describe('the import table', () => {
  const linter = new Linter({ cwd: root });
  const findings = (file: string, code: string): string[] =>
    linter
      .verify(code, [{ files: ['**/*.ts'], languageOptions: { parser: parser as never }, plugins: { house: { rules: { 'import-table': importTable } } }, rules: { 'house/import-table': 'error' } }], join(root, file))
      .map(({ message }) => message);

  test.each([
    ['machines/event.ts', `import { readFileSync } from 'node:fs'`],
    ['machines/event.ts', `import { z } from 'zod'`],
    ['machines/event.ts', `import type { Delivery } from '../db/entities/delivery'`],
    ['policies/event.ts', `import { apply } from '../db/apply'`],
    ['policies/event.ts', `import { deliveryMachine } from '../machines/delivery'`],
    ['db/apply.ts', `import { connect } from '../gateways/temporal'`],
    ['db/apply.ts', `import express from 'express'`],
    ['db/queries/x.ts', `export { x } from '../../api/context'`],
    ['api/routes/x.ts', `import { deliver } from '../../activities/delivery'`],
    ['api/routes/x.ts', `import { massDelivery } from '../../workflows/mass-delivery'`],
    ['dispatch/intents.ts', `import { MediaWiki } from '../gateways/mediawiki'`],
    ['dispatch/intents.ts', `import { massDelivery } from '../workflows/mass-delivery'`],
    ['workflows/x.ts', `import { deliver } from '../activities/delivery'`],
    ['workflows/x.ts', `import { readConfig } from '../config'`],
    ['workflows/x.ts', `import { DataSource } from 'typeorm'`],
    ['workflows/x.ts', `const fs = require('fs')`],
    ['workflows/x.ts', `const x = await import('../db/apply')`],
    ['activities/x.ts', `import { massDeliveryId } from '../workflows/ids'`],
    ['gateways/x.ts', `import { openDatabase } from '../db/data-source'`],
    ['config/index.ts', `import { x } from '../bin/reeve'`],
  ])('refuses in %s: %s', (file, code) => {
    const [message, ...others] = findings(file, code);
    expect(others).toEqual([]);
    expect(message).toMatch(/^\w+\/ may not import .+\. \S.+/); // and says where it has its place
  });

  test.each([
    ['machines/event.ts', `import { setup } from 'xstate'; import { notify } from './effect'`],
    ['policies/event.ts', `import type { DeliveryVerb } from '../machines/delivery'`],
    ['db/apply.ts', `import { may } from '../policies'; import { transition } from 'xstate'; import pg from 'pg'; import { ReeveError } from '../config/errors'`],
    ['api/routes/x.ts', `import { workflowIds } from '../../workflows/ids'; import type { Progress } from '../../workflows/mass-delivery'`],
    ['dispatch/intents.ts', `import type { changed } from '../workflows/changed'; import { type Client } from '@temporalio/client'`],
    ['workflows/x.ts', `import type { DeliveryActivities } from '../activities/delivery'; import { isErrorCode } from '../config/errors'; import { proxyActivities } from '@temporalio/workflow'`],
    ['activities/x.ts', `import { apply } from '../db/apply'; import { heartbeat } from '@temporalio/activity'; import type pg from 'pg'`],
    ['bin/reeve.ts', `import { x } from '../activities/x'; import { y } from '../workflows/y'`],
  ])('lets %s: %s', (file, code) => {
    expect(findings(file, code)).toEqual([]);
  });
});

describe('the files of the house', () => {
  test('import one another without going in a circle', () => {
    const graph = new Map(
      filesIn(...folders).map((file) => {
        const values = importsOf(read(file)).filter(({ typeOnly }) => !typeOnly);
        return [file, values.flatMap(({ source }) => target(file, source) ?? [])];
      }),
    );
    expect(graph.size).toBeGreaterThan(50);
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (file: string, path: string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      if (done.has(file) || path.includes(file)) return;
      for (const next of graph.get(file) ?? []) walk(next, [...path, file]);
      done.add(file);
    };
    for (const file of graph.keys()) walk(file, []);
    expect(circles).toEqual([]);
  });
});
