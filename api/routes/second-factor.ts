/** The second factor of one's own local account: set up by an app's first code, turned off by password and code. Keys can do none of it. */
import { z } from 'zod';
import { ReeveError, fieldError } from '../../config/errors';
import { noteOn } from '../../db/note';
import { beginFactor, endEnrolment, removeFactor, writeRecoveryCodes } from '../../db/queries/second-factor';
import { seal, unseal } from '../../gateways/secret-box';
import { enrolment, newRecoveryCodes, newTotpSecret, recoveryHash, stepOfCode } from '../../gateways/totp';
import { oneTimeCode } from '../account-fields';
import type { Asking, Caller } from '../context';
import { text } from '../fields';
import { route, type Route } from '../route';
import { takeCode, tryOf } from '../second-factor';
import { needPassword } from './sessions';

const currentPassword = () => text(1_000, 1).describe('Your present one.');
const begunSchema = z.object({ secret: z.string().describe('For an app that reads no picture; base32.'), uri: z.string(), qr: z.string().describe('The same as a picture, SVG.') });
const enrolledSchema = z.object({ recoveryCodes: z.array(z.string()).describe('Each works once in place of a code. Shown now and never again.') });

/** @throws ReeveError policy.forbidden */
function own({ actor, person }: Asking): { id: number; name: string } {
  if (actor.kind !== 'user' || !person) throw new ReeveError('policy.forbidden', 'This needs a session: a key does not change how you sign in.');
  return person;
}

const noteOf = ({ actor, commandId, inputHash, requestId }: Caller, id: number) => ({ actor, commandId, inputHash, requestId, noun: 'user', id }) as const;

export const secondFactorRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/me/second-factor',
    name: 'beginSecondFactor',
    summary: 'Begin to set up a second factor; it is asked for once its first code has come.',
    refuses: [401, 409, 429],
    body: z.strictObject({ currentPassword: currentPassword() }),
    answer: { schema: begunSchema },
    async handle({ api, req, asking, body }) {
      const { id, name } = own(asking);
      await needPassword(api, req, id, body.currentPassword);
      const secret = newTotpSecret();
      if (!(await beginFactor(api.kernel, id, seal(api.config.REEVE_SECRET_KEY, secret)))) throw new ReeveError('second-factor.on');
      return { body: { secret, ...enrolment(secret, name) } };
    },
  }),
  route({
    method: 'post',
    path: '/api/me/second-factor/confirm',
    name: 'confirmSecondFactor',
    summary: 'Show that the app works: from then on its codes are asked for.',
    refuses: [401, 409, 429],
    body: z.strictObject({ code: oneTimeCode().describe('Six digits of the app.') }),
    answer: { schema: enrolledSchema },
    async handle({ api, asking, caller, body }) {
      const { id } = own(asking);
      const { secret, nowMs } = await tryOf(api, id, true);
      const step = stepOfCode(unseal(api.config.REEVE_SECRET_KEY, secret), body.code.replace(/\s/g, ''), nowMs);
      if (step === null) throw fieldError('/code', 'auth.code-wrong');
      const recoveryCodes = newRecoveryCodes();
      const done = await noteOn(api.kernel, { ...noteOf(caller, id), verb: 'enrolSecondFactor' }, async (client) => {
        if (!(await endEnrolment(client, api.kernel.clock, id, step))) return false;
        await writeRecoveryCodes(client, id, recoveryCodes.map(recoveryHash));
        return true;
      });
      if (done !== 'done') throw new ReeveError('second-factor.on');
      return { body: { recoveryCodes } };
    },
  }),
  route({
    method: 'post',
    path: '/api/me/second-factor/disable',
    name: 'disableSecondFactor',
    summary: 'Turn the second factor off.',
    refuses: [401, 409, 429],
    body: z.strictObject({ currentPassword: currentPassword(), code: oneTimeCode().describe('Six digits of the app, or a recovery code.') }),
    answer: { status: 204 },
    async handle({ api, req, asking, caller, body }) {
      const { id } = own(asking);
      await needPassword(api, req, id, body.currentPassword);
      await takeCode(api, id, body.code, asking.requestId).catch((error: unknown) => {
        throw error instanceof ReeveError && error.code === 'auth.code-wrong' ? fieldError('/code', 'auth.code-wrong') : error;
      });
      await noteOn(api.kernel, { ...noteOf(caller, id), verb: 'disableSecondFactor' }, (client) => removeFactor(client, id));
      return {};
    },
  }),
];
