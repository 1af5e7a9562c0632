/**
 * A delivery's message before it is sent: rendered by the wikis themselves, once per kind of page, and what is odd about
 * it. Handed to the API by bin/api.ts: it is no step of a workflow.
 */
import type { Delivery } from '../db/entities/delivery';
import { pagesPerWiki, somePages, type PageKind, type Preview, type PreviewedWiki, type Warning } from '../db/queries/preview';
import type { SiteInfo } from '../gateways/mediawiki-site';
import { messageFor, type DeliveryDeps } from './delivery';
import { textWarnings } from './message-warnings';
import type { OpenWiki } from './wikis';

/** Wikis that are asked: the one that it is sent from, and those with most pages. */
const ASKED = 3;
/** Lines of a list in which a page of each kind is looked for. */
const LOOKED_AT = 500;
/** A person waits for the answer. */
const WITHIN_MS = 6_000;

/** Never throws for a wiki's sake: one that cannot be asked is a warning. */
export const createPreviews =
  (deps: Pick<DeliveryDeps, 'kernel' | 'openWiki' | 'publicUrl'>) =>
  async (delivery: Delivery): Promise<Preview> => {
    const { pool } = deps.kernel;
    const counted = await pagesPerWiki(pool, delivery.id);
    const asked = [...counted].sort((a, b) => Number(b.wiki === delivery.wikiId) - Number(a.wiki === delivery.wikiId)).slice(0, ASKED);
    const parts = new Map(await Promise.all(asked.map(async (one) => [one.wiki, await rendered(deps, delivery, one)] as const)));
    return {
      wikis: counted.map(({ wiki, host, pages }): PreviewedWiki => ({ host, pages, shown: parts.get(wiki)?.shown ?? [] })),
      warnings: [...textWarnings(delivery.subject, delivery.body), ...[...parts.values()].flatMap(({ warnings }) => warnings)],
    };
  };

interface Rendering {
  shown: PreviewedWiki['shown'];
  warnings: Warning[];
}

async function rendered(deps: Pick<DeliveryDeps, 'kernel' | 'openWiki' | 'publicUrl'>, delivery: Delivery, { wiki, host }: { wiki: number; host: string }): Promise<Rendering> {
  try {
    const opened = await deps.openWiki(wiki);
    const signal = AbortSignal.timeout(WITHIN_MS);
    const [site, message, titles] = await Promise.all([opened.gateway.siteInfo(signal), messageFor(deps, delivery.id, opened), somePages(deps.kernel.pool, delivery.id, wiki, LOOKED_AT)]);
    const samples = onePerKind(titles, site, opened);
    const answers = await Promise.all(samples.map(({ page }) => opened.gateway.render(page, message.text, signal)));
    const [languages, templates] = [unique(answers.flatMap(({ languageLinks }) => languageLinks)), unique(answers.flatMap(({ missingTemplates }) => missingTemplates))];
    return {
      shown: samples.map((sample, i) => ({ ...sample, html: answers[i]!.html })),
      warnings: [
        ...(languages.length ? [{ code: 'language-link' as const, detail: `A link to ${languages.join(', ')} would go into the page's margin: write it [[:${languages[0]}:…]].`, wiki: host }] : []),
        ...(templates.length ? [{ code: 'missing-template' as const, detail: `${host} does not have ${templates.join(', ')}.`, wiki: host }] : []),
      ],
    };
  } catch (error) {
    const { code = 'unreachable' } = error as { code?: string };
    return { shown: [], warnings: [{ code: 'not-rendered', detail: `${host} could not be asked how the message looks (${code}).`, wiki: host }] };
  }
}

/** User pages get the message on their talk page, so they are shown as one. */
function onePerKind(titles: string[], site: SiteInfo, { row }: OpenWiki): { kind: PageKind; page: string }[] {
  const named = new Map([...site.namespaces.values()].flatMap(({ id, names }) => names.map((name) => [name.toLowerCase().replaceAll('_', ' '), id] as const)));
  const found = new Map<PageKind, string>();
  for (const title of titles) {
    const colon = title.indexOf(':');
    const namespace = colon < 0 ? 0 : (named.get(title.slice(0, colon).toLowerCase().replaceAll('_', ' ')) ?? 0);
    const page = namespace === 2 ? `${site.namespaces.get(3)?.name ?? 'User talk'}:${title.slice(colon + 1)}` : title;
    const kind: PageKind | null = namespace === 2 || namespace === 3 ? 'userTalk' : namespace % 2 === 1 ? 'talk' : row.allowedNamespaces.includes(namespace) || row.allowedPages.includes(title) ? 'other' : null;
    if (kind && !found.has(kind)) found.set(kind, page);
  }
  return [...found].map(([kind, page]) => ({ kind, page }));
}

const unique = (list: string[]): string[] => [...new Set(list)];
