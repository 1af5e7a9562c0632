/** What a form of its own puts on the public page: an introduction, other words, and questions besides. */
import type { FormContent, FormPlace, OwnField, Said } from '../../db/entities/form';
import { choicesIn, LONGEST_LINE, LONGEST_LINES, saidIn, SHOWN_TICK, TICKED } from '../own-fields';
import { area, check, input, select, type Control } from './codex';
import { attributes, html, type Child, type Html } from './html';
import type { Words } from './language';
import { markdown, written } from './markdown';

/** Control of a question's answer. */
export const ownName = (key: string): string => `answers.${key}`;

export interface OwnForm {
  /** undefined where nothing is said instead of Reeve's own. */
  words(place: FormPlace): Child;
  intro: Child;
  questions: { key: string; label: Child; shown(answer: string): string; control(more: Pick<Control, 'value' | 'error'>): Html }[];
}

export async function ownForm(content: FormContent | null, { language, say }: Words): Promise<OwnForm> {
  const words = (said: Said | undefined): Child => {
    const found = said && saidIn(said, language);
    return found && html`<span${attributes(written(found.language, language))}>${found.text}</span>`;
  };
  const intro = content && saidIn(content.intro, language);
  return {
    words: (place) => words(content?.texts[place]),
    intro: intro && html`<div class="intro"${attributes(written(intro.language, language))}>${await markdown(intro.text)}</div>`,
    questions: (content?.fields ?? []).map((field) => {
      const label = words(field.label);
      const named = field.required ? label : html`${label} ${say('public.request.optional')}`;
      return { key: field.key, label, shown: (answer) => (field.kind === 'check' ? SHOWN_TICK : answer), control: ({ value, error }) => controlOf(field, { name: ownName(field.key), label: named, help: words(field.help), value, error }, language) };
    }),
  };
}

function controlOf(field: OwnField, control: Control, language: string): Html {
  const more = { required: field.required || undefined, autocomplete: 'off', dir: 'auto' };
  switch (field.kind) {
    case 'line':
      return input({ ...control, more: { ...more, maxlength: LONGEST_LINE } });
    case 'lines':
      return area({ ...control, more: { ...more, maxlength: LONGEST_LINES, rows: 4 } });
    case 'choice': {
      const offered = choicesIn(field, language);
      const place = Object.values(field.choices).map((all) => all.indexOf(control.value ?? '')).find((at) => at >= 0);
      return select({ ...control, value: place === undefined ? '' : offered[place], more: { required: more.required } }, [['', ''], ...offered.map((one): [string, string] => [one, one])]);
    }
    case 'check':
      return check({ ...control, more: { required: more.required } }, TICKED);
  }
}
