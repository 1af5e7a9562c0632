/** A form's own questions: what is wrong with an answer, and how it is kept. Called by api/request-checks.ts. */
import { z } from 'zod';
import { fault, type FieldProblem } from '../config/errors';
import type { FormContent, OwnField, Said } from '../db/entities/form';
import { textFor } from '../db/template-text';
import { checked, line, lines } from './fields';
import { problemOf } from './problem';

export const LONGEST_LINE = 255;
export const LONGEST_LINES = 2_000;
/** What a box that is ticked is sent as, and kept as. */
export const TICKED = 'yes';
export const SHOWN_TICK = '✓';

/** In this language, or what stands for it; undefined where nothing is said. */
export function saidIn(said: Said, language: string): { text: string; language: string } | undefined {
  const languages = Object.keys(said);
  return languages.length ? textFor({ languages, texts: Object.values(said) }, language) : undefined;
}
export const choicesIn = ({ choices }: OwnField, language: string): string[] => choices[saidIn(Object.fromEntries(Object.keys(choices).map((tag) => [tag, tag])), language)?.text ?? ''] ?? [];

export interface Answered {
  questions: string[];
  answers: string[];
  wrong: FieldProblem[];
}

/** @param given key to answer; of a choice its words in any language */
export function answered(content: FormContent | null, given: Record<string, string>, language: string): Answered {
  const fields = content?.fields ?? [];
  const out: Answered = { questions: [], answers: [], wrong: [] };
  for (const key of Object.keys(given)) if (!fields.some((one) => one.key === key)) out.wrong.push(fault(`/answers/${key}`, 'request.bad-answer', 'The form asks no such question.'));
  for (const field of fields) {
    const { answer, wrong } = answerTo(field, Object.hasOwn(given, field.key) ? given[field.key]!.trim() : '', language);
    out.wrong.push(...wrong);
    if (!answer) continue;
    out.questions.push(saidIn(field.label, language)!.text);
    out.answers.push(answer);
  }
  return out;
}

function answerTo(field: OwnField, given: string, language: string): { answer: string; wrong: FieldProblem[] } {
  const pointer = `/answers/${field.key}`;
  const refused = (code: 'request.unanswered' | 'request.bad-answer', detail?: string) => ({ answer: '', wrong: [fault(pointer, code, detail)] });
  if (!given) return field.required ? refused('request.unanswered') : { answer: '', wrong: [] };
  if (field.kind === 'check') return given === TICKED ? { answer: SHOWN_TICK, wrong: [] } : refused('request.bad-answer', `It must be ${TICKED}, or empty.`);
  if (field.kind === 'choice') {
    const place = Object.values(field.choices).map((all) => all.indexOf(given)).find((at) => at >= 0);
    const offered = choicesIn(field, language);
    return place === undefined ? refused('request.bad-answer', `It must be one of ${offered.join(', ')}.`) : { answer: offered[place]!, wrong: [] };
  }
  try {
    const { answer } = checked(z.object({ answer: field.kind === 'line' ? line(LONGEST_LINE) : lines(LONGEST_LINES) }), { answer: given }, 'body');
    return { answer, wrong: [] };
  } catch (error) {
    return refused('request.bad-answer', problemOf(error).problem.errors?.[0]?.detail);
  }
}
