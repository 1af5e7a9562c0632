/**
 * A delivery's message before it is sent: rendered by the wikis themselves, once per kind of page and language, and what is
 * odd about it. Handed to the API by bin/api.ts: it is no step of a workflow.
 */
import type { Delivery } from '../db/entities/delivery';
import { readTexts, type DeliveryText, type MessageTexts } from '../db/queries/delivery-texts';
import { pagesPerWiki, somePages, type PageKind, type Preview, type PreviewedWiki, type Warning } from '../db/queries/preview';
import type { Rendered } from '../gateways/mediawiki-parse';
import { type SiteInfo, splitTitle, talkTitle, titleIn } from '../gateways/mediawiki-site';
import { messageFor, type DeliveryDeps } from './delivery';
import type { Message } from './message';
import { mailWarnings, textWarnings } from './message-warnings';
import { learnFallbacks, whatTakes } from './pages';
import type { OpenWiki } from './wikis';

/** Wikis that are asked: the one that it is sent from, and those with most pages. */
const ASKED = 3;
/** Lines of a list in which a page of each kind is looked for. */
const LOOKED_AT = 500;
/** Renderings of one wiki: somebody has to read them. */
const SHOWN = 12;
/** A person waits for the answer. */
const WITHIN_MS = 6_000;

type Deps = Pick<DeliveryDeps, 'kernel' | 'openWiki' | 'publicUrl'>;

/** @param read of the wiki just now; without it the message is what was submitted. Never throws for a wiki's sake: one that cannot be asked is a warning. */
export const createPreviews =
  (deps: Deps) =>
  async (delivery: Delivery, read?: MessageTexts): Promise<Preview> => {
    const { pool } = deps.kernel;
    const [counted, { texts, incomplete }] = await Promise.all([pagesPerWiki(pool, delivery.id), read ?? readTexts(pool, delivery.id).then((texts) => ({ texts, incomplete: [] }))]);
    const asked = [...counted].sort((a, b) => Number(b.wiki === delivery.wikiId) - Number(a.wiki === delivery.wikiId)).slice(0, ASKED);
    const parts = new Map(await Promise.all(asked.map(async (one) => [one.wiki, await rendered(deps, delivery, texts, one)] as const)));
    return {
      texts: texts.filter(({ title }) => title !== null),
      wikis: counted.map(({ wiki, host, pages }): PreviewedWiki => ({ host, pages, terms: parts.get(wiki)?.terms ?? null, shown: parts.get(wiki)?.shown ?? [] })),
      warnings: [...ownWarnings(delivery, texts, incomplete), ...[...parts.values()].flatMap(({ warnings }) => warnings)],
    };
  };

/** What its text says by itself, in each language. */
function ownWarnings({ channel, subject, body }: Delivery, texts: DeliveryText[], incomplete: string[]): Warning[] {
  const pages = texts.filter(({ title }) => title !== null);
  if (channel === 'email') return mailWarnings([subject, body, ...pages.flatMap((page) => [page.subject, page.body])].join('\n'));
  if (!pages.length) return textWarnings(subject, body);
  const lacking = { code: 'translation-incomplete' as const, detail: `Without the sections that are sent, and so not used: ${incomplete.join(', ')}. Their readers get another language.`, wiki: null };
  return [
    ...pages.flatMap((page) => textWarnings(page.subject || subject, `${page.body}\n\n${body}`).map((warning) => ({ ...warning, detail: `${page.title}: ${warning.detail}` }))),
    ...(incomplete.length ? [lacking] : []),
  ];
}

interface Shown extends Pick<PreviewedWiki, 'shown' | 'terms'> {
  warnings: Warning[];
}

async function rendered(deps: Deps, delivery: Delivery, texts: DeliveryText[], { wiki, host }: { wiki: number; host: string }): Promise<Shown> {
  try {
    const opened = await deps.openWiki(wiki);
    const signal = AbortSignal.timeout(WITHIN_MS);
    const [site, message, titles] = await Promise.all([opened.gateway.siteInfo(signal), messageFor(deps, delivery.id, opened, texts), somePages(deps.kernel.pool, delivery.id, wiki, LOOKED_AT)]);
    const samples = await onePerKind(titles, site, opened, message, signal);
    const mailed = delivery.channel === 'email'; // plain text, of which the wiki makes nothing
    const answers = await Promise.all(samples.map(async ({ page, text }) => (mailed ? asMail(text) : opened.gateway.render(page, text, signal))));
    const lint = mailed ? [] : unique((await Promise.all(unique(samples.map(({ text }) => text)).map((text) => opened.gateway.lint(text, signal).catch(() => [])))).flat());
    const [languages, templates] = [unique(answers.flatMap(({ languageLinks }) => languageLinks)), unique(answers.flatMap(({ missingTemplates }) => missingTemplates))];
    return {
      terms: !mailed && (site.licence.text || site.licence.url) ? site.licence : null,
      shown: samples.map(({ kind, page, language }, i) => ({ kind, page, language, html: answers[i]!.html })),
      warnings: [
        ...(languages.length ? [{ code: 'language-link' as const, detail: `A link to ${languages.join(', ')} would go into the page's margin: write it [[:${languages[0]}:…]].`, wiki: host }] : []),
        ...(templates.length ? [{ code: 'missing-template' as const, detail: `${host} does not have ${templates.join(', ')}.`, wiki: host }] : []),
        ...(lint.length ? [{ code: 'lint-error' as const, detail: `The linter of ${host} finds ${lint.join(', ')}.`, wiki: host }] : []),
      ],
    };
  } catch (error) {
    const { code = 'unreachable' } = error as { code?: string };
    return { terms: null, shown: [], warnings: [{ code: 'not-rendered', detail: `${host} could not be asked how the message looks (${code}).`, wiki: host }] };
  }
}

const asMail = (text: string): Rendered => ({ html: `<div class="mail">${text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)}</div>`, languageLinks: [], missingTemplates: [] });

interface Sample {
  kind: PageKind;
  page: string;
  language: string | null;
  text: string;
}

/** Of each kind one page for each language that the message has there; where it has one only, few pages need be asked about. */
async function onePerKind(titles: string[], site: SiteInfo, opened: OpenWiki, message: Message, signal: AbortSignal): Promise<Sample[]> {
  const mailed = message.channel === 'email';
  const kinds = new Map([...kindsOf(titles, site, opened)].filter(([, kind]) => !mailed || kind === 'userTalk'));
  const firsts = new Map<PageKind, string>();
  for (const [page, kind] of kinds) if (!firsts.has(kind)) firsts.set(kind, page);
  const asked = new Set([...firsts.values(), ...(message.languages > 1 ? kinds.keys() : [])]);
  const pages = await opened.gateway.pages([...asked].slice(0, await opened.gateway.maxTitles(signal)), { signal });
  await learnFallbacks(opened, message, pages, signal);
  const found = new Map<string, Sample>();
  for (const { asked, language: of } of pages) {
    const { language, text, subject, mail } = message.in(of);
    const [kind, shown] = mailed ? (['email', `${subject}\n\n${mail}`] as const) : [kinds.get(asked)!, text];
    if (!found.has(`${kind} ${language}`)) found.set(`${kind} ${language}`, { kind, page: asked, language, text: shown });
  }
  return [...found.values()].slice(0, SHOWN);
}

/** Page → its kind. User pages get the message on their talk page, so they are shown as one. */
function kindsOf(titles: string[], site: SiteInfo, { row }: OpenWiki): Map<string, PageKind> {
  const takes = whatTakes(row, site);
  const found = new Map<string, PageKind>();
  for (const title of titles) {
    const { namespace, name } = splitTitle(site, title);
    const kind: PageKind | null = namespace === 2 || namespace === 3 ? 'userTalk' : namespace % 2 === 1 ? 'talk' : takes(namespace, titleIn(site, namespace, name)) ? 'other' : null;
    if (kind) found.set(talkTitle(site, title), kind);
  }
  return found;
}

const unique = (list: string[]): string[] => [...new Set(list)];
