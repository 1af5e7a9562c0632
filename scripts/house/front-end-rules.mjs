/** Rules of web/ for ESLint: the server decides, the page draws. Names of states and roles stand in chips.ts alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './files.mjs';

const quoted = (text) => [...text.matchAll(/'(\w+)'/g)].map(([, name]) => name);
const chips = readFileSync(join(root, 'web/src/shared/chips.ts'), 'utf8');
const states = [...chips.matchAll(/(\w+): '(?:subtle|notice|progressive|warning|error|success)'/g)].map(([, name]) => name);
const roles = quoted(/roles = \[([^\]]*)\]/.exec(readFileSync(join(root, 'policies/actor.ts'), 'utf8'))[1]);
const NAMES = new Set([...states, ...roles]);

export const decidesNothing = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const check = (node) => {
      const named = [node.left, node.right].find((side) => side.type === 'Literal' && NAMES.has(side.value));
      if (/^[!=]==?$/.test(node.operator) && named) {
        context.report({ node, message: `The front end decides nothing by the state or role "${named.value}": draw what the server lists in "actions", or give chips.ts the meaning.` });
      }
    };
    const template = context.sourceCode.parserServices.defineTemplateBodyVisitor;
    const visitor = { BinaryExpression: check };
    return template ? template(visitor, visitor) : visitor;
  },
};
