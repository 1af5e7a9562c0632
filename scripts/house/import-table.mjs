/** The table of what each folder may import, as a rule for ESLint: each refusal says where that which is wanted has its place. */
import { builtinModules } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';

/**
 * folder → what it may import: folders or single files (`x:type` = by `import type` only), packages (`*` = any but those
 * in `not`), Node's own modules. A folder may always import itself; a package's types may always be imported.
 */
const HOUSE = {
  machines: { house: [], packages: ['xstate'], node: false },
  policies: { house: ['machines:type'], packages: ['@casl/ability'], node: false },
  db: { house: ['machines', 'policies', 'config'], packages: ['typeorm', 'pg', 'xstate', '@casl/ability', '@ucast/core', 'luxon', 're2js'], node: true },
  api: {
    house: ['policies', 'db', 'machines', 'config', 'gateways', 'workflows/ids', 'workflows/attributes', 'workflows:type', 'web/i18n', 'web/src/shared/chips', 'web/src/shared/stretch'],
    not: ['@temporalio/worker', '@temporalio/workflow', '@temporalio/activity', 'typeorm', 'undici'],
    node: true,
  },
  dispatch: { house: ['db', 'config', 'gateways/temporal', 'policies/actor', 'workflows/ids', 'workflows/attributes', 'workflows:type'], packages: ['@temporalio/client', '@temporalio/common'], node: true },
  workflows: { house: ['machines', 'config/errors', 'activities:type'], packages: ['@temporalio/workflow', '@temporalio/common', 'xstate'], node: false },
  activities: { house: ['db', 'gateways', 'machines', 'policies', 'config', 'web/i18n'], packages: ['@temporalio/activity', '@temporalio/common'], node: true },
  gateways: { house: ['config'], not: ['typeorm', 'pg', '@casl/ability', 'express', '@temporalio/worker', '@temporalio/workflow', '@temporalio/activity'], node: true },
  web: {
    house: ['api:type', 'machines:type'],
    packages: ['vue', 'vue-router', '@tanstack/vue-query', '@wikimedia/codex', '@wikimedia/codex-icons', '@wikimedia/codex-design-tokens', 'banana-i18n', 'diff', 'virtual:words', 'virtual:diagrams', 'virtual:countries'],
    node: false,
  },
  config: { house: [], packages: ['zod', 'i18n-iso-countries'], node: true },
  demo: { house: ['db', 'policies', 'machines', 'config', 'gateways'], not: [], node: true },
};

/** Where that which is wanted has its place. */
const PLACE = {
  machines: 'What may happen is decided in machines/, through db/apply.ts.',
  policies: 'Who may do it is asked at the door: db/apply.ts asks policies/; facts arrive in the actor and the row.',
  db: 'Rows are read and written in db/ and by activities/: hand over what is needed as data.',
  api: 'api/ is a door: what others need of it belongs into db/ (rows), policies/ (rights) or config/errors.ts.',
  dispatch: 'Nothing but bin/ starts the dispatcher: write an effect, and dispatch/intents.ts says what it starts.',
  workflows: 'Of workflows/ take ids, attributes and types of messages: a workflow is started by an effect and dispatch/intents.ts.',
  activities: 'An activity is called by a workflow through proxyActivities; import its type only. What both need belongs into db/ or gateways/.',
  gateways: 'The outside world is called from activities/, or read from api/: hand over what it answered.',
  config: 'Configuration is handed in by bin/; codes come from config/errors.ts.',
  bin: 'bin/ is wiring: nobody imports it.',
  demo: 'The demo is wired in by bin/ only.',
  package: 'A library has its place in the one folder that wraps it (see the import table in scripts/house/import-table.mjs).',
};

export const importTable = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const here = relative(context.cwd, context.filename).split(sep).join('/');
    const folder = here.split('/')[0];
    const rules = HOUSE[folder];
    if (!rules) return {};
    const check = (node, source, byType) => {
      const refuse = (place) => context.report({ node, message: `${folder}/ may not import ${source}${byType ? '' : ' by value'}. ${place}` });
      if (!source.startsWith('.')) {
        if (byType) return;
        const [scope, name] = source.split('/');
        const pkg = source.startsWith('@') ? `${scope}/${name}` : scope;
        if (source.startsWith('node:') || builtinModules.includes(pkg)) return rules.node || refuse('Its files neither read nor write anything.');
        const fine = rules.packages ? rules.packages.includes(pkg) : !rules.not.includes(pkg);
        return fine || refuse(PLACE.package);
      }
      const target = relative(context.cwd, join(dirname(context.filename), source)).split(sep).join('/').replace(/\/index$/, '');
      const there = target.split('/')[0];
      if (there === folder || target === 'package.json') return;
      const open = rules.house.some((entry) => {
        const [name, kind] = entry.split(':');
        return (target === name || target.startsWith(`${name}/`)) && (kind !== 'type' || byType);
      });
      if (!open) refuse(PLACE[there] ?? `There is no way from ${folder}/ to ${there}/.`);
    };
    const ofType = (node) =>
      node.importKind === 'type' || node.exportKind === 'type' || (node.specifiers?.length > 0 && node.specifiers.every((one) => one.importKind === 'type' || one.exportKind === 'type'));
    return {
      ImportDeclaration: (node) => check(node, node.source.value, ofType(node)),
      ExportNamedDeclaration: (node) => node.source && check(node, node.source.value, ofType(node)),
      ExportAllDeclaration: (node) => check(node, node.source.value, ofType(node)),
      ImportExpression: (node) => node.source.type === 'Literal' && check(node, node.source.value, false),
      'CallExpression[callee.name="require"]': (node) => node.arguments[0]?.type === 'Literal' && check(node, node.arguments[0].value, false),
      TSImportType: (node) => check(node, node.source?.value ?? node.argument.literal.value, true),
    };
  },
};
