/** The demo's forms: one for the open event, one for the main page in two languages that is published, an organizer's draft, one out of use. */
import { apply } from '../db/apply';
import { create, edit } from '../db/create';
import type { FormContent } from '../db/entities/form';
import type { Kernel } from '../db/kernel';
import type { Actor } from '../policies/actor';

interface Plan extends Partial<FormContent> {
  name: string;
  by: 'toolAdmin' | 'organizer';
  verbs: ('publish' | 'retire')[];
}
const plans: Record<string, Plan> = {
  event: {
    name: 'At an event', by: 'toolAdmin', verbs: ['publish'],
    intro: {
      en: 'Nice that you are here. Choose a name that you would like to be called by; it **cannot be hidden later**.\n\n- One account for each person\n- Somebody beside you can help',
      ar: 'يسعدنا حضورك. اختر اسمًا تحب أن تُنادى به؛ **فلا يمكن إخفاؤه لاحقًا**.\n\n- حساب واحد لكل شخص\n- وبجانبك من يساعدك',
    },
    texts: { 'comment.label': { en: 'What would you like to write about?', ar: 'عمَّ تود أن تكتب؟' } },
    fields: [
      { key: 'first-time', kind: 'choice', required: true, label: { en: 'Have you edited before?', ar: 'هل سبق لك التحرير؟' }, help: {}, choices: { en: ['Never', 'Without an account', 'With an account that I lost'], ar: ['أبدًا', 'بلا حساب', 'بحساب فقدته'] } },
      { key: 'helper', kind: 'check', required: false, label: { en: 'I would like somebody to help me at first', ar: 'أود أن يساعدني أحد في البداية' }, help: {}, choices: {} },
    ],
  },
  desk: { name: 'For a desk without an event', by: 'toolAdmin', verbs: ['publish'], intro: { en: 'This page is for those who sit with one of our organizers. Anybody else asks [here](/request).' } },
  own: { name: 'Evening in the library', by: 'organizer', verbs: [], intro: { en: 'Welcome to the library.' } },
  old: { name: 'Last spring', by: 'toolAdmin', verbs: ['publish', 'retire'], intro: { en: 'The campaign is over.' } },
};

/** Safe to repeat. @param event the open one */
export async function makeForms(kernel: Kernel, event: number, actor: (role: string) => Promise<Actor>): Promise<void> {
  const ids: Record<string, number> = {};
  for (const [plan, { name, by, verbs, intro = {}, texts = {}, fields = [] }] of Object.entries(plans)) {
    const author = await actor(by);
    const { row } = await create(kernel, { noun: 'form', commandId: `demo/form/${plan}`, actor: author, values: { name, ownerId: author.userId!, shared: by === 'toolAdmin', draft: { intro, texts, fields } } });
    for (const verb of verbs) await apply(kernel, { noun: 'form', id: row.id, verb, actor: author, commandId: `demo/form/${plan}/${verb}` });
    ids[plan] = row.id;
  }
  const { rows } = await kernel.pool.query<{ id: number }>(`select id from queue where key = 'events'`);
  const by = await actor('toolAdmin');
  await edit(kernel, { noun: 'event', id: event, values: { formId: ids.event }, actor: by, commandId: 'demo/form/event/used' });
  await edit(kernel, { noun: 'queue', id: rows[0]!.id, values: { formId: ids.desk }, actor: by, commandId: 'demo/form/desk/used' });
}
