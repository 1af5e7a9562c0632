/** The demo's templates: some for each answer, one in two languages, one that asks, one out of use. */
import { create } from '../db/create';
import type { Template } from '../db/entities/template';
import type { Kernel } from '../db/kernel';
import type { Actor } from '../policies/actor';

interface Plan extends Pick<Template, 'kind' | 'title'> {
  texts: Record<string, string>;
  question?: string;
  preload?: true;
  retired?: true;
  copyTo?: string[];
}
const plans: Record<string, Plan> = {
  welcome: { kind: 'created', title: 'Welcome', texts: { en: 'Welcome to {{wiki}}, {{name}}. The mail of the wiki has a password for the first time that you sign in.', ar: 'مرحبًا بك في {{wiki}} يا {{name}}. في رسالة الويكي كلمة سر لأول تسجيل دخول.' } },
  company: { kind: 'not-created', title: 'A company\'s name', texts: { en: 'An account is one person\'s, not a company\'s: ask again under a name of your own.', ar: 'الحساب لشخص واحد لا لشركة: اطلب مرة أخرى باسم يخصك.' }, question: 'Have you looked whether a person of this name is known?', copyTo: ['account-team@example.org'] },
  similar: { kind: 'not-created', title: 'Too like another', texts: { en: 'The name {{name}} is too much like one that is there already. Please choose another.' } },
  forgotten: { kind: 'not-created', title: 'Password forgotten', preload: true, texts: { en: 'You seem to have an account already: …\n\nIts password can be sent to you from the page for signing in.' } },
  waiting: { kind: 'defer', title: 'It takes a while', texts: { en: 'Your request {{request}} has been given to somebody who knows more of it. You will hear from us.' } },
  contact: { kind: 'none', title: 'Where to ask', texts: { en: 'Questions are answered on the help page of {{wiki}}.' } },
  old: { kind: 'not-created', title: 'As it was until spring', texts: { en: 'We do not make this account.' }, retired: true },
};

/** Safe to repeat. */
export async function makeTemplates(kernel: Kernel, actor: (role: string) => Promise<Actor>): Promise<void> {
  const by = await actor('toolAdmin');
  for (const [plan, { kind, title, texts, question = null, preload = false, retired, copyTo = [] }] of Object.entries(plans))
    await create(kernel, { noun: 'template', commandId: `demo/template/${plan}`, actor: by, values: { kind, title, languages: Object.keys(texts), texts: Object.values(texts), question, active: !retired, preload, copyTo } });
}
