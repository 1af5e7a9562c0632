/** What is wrong with a page in a browser: accessibility faults, sideways scroll. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/**
 * The accessibility faults of the page once nothing moves or fades any more, each with where it is. Foreign HTML in a sandbox
 * is not ours, and lets no script look: no other frame is there, so axe need not open a page to gather what frames say.
 * What is as it should be is not gathered either, which takes as long as the search.
 * @param more kinds of rules besides those of WCAG
 */
export async function faults(page: Page, ...more: 'best-practice'[]): Promise<string[]> {
  await unmoving(page);
  const still = await page.locator('html').evaluateHandle(() => { // a notice that goes while it is looked at goes at once
    const { document, CSSStyleSheet } = globalThis as any;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { transition: none !important; }');
    document.adoptedStyleSheets.push(sheet);
    return sheet;
  });
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().exclude('iframe[sandbox]').options({ resultTypes: ['violations'] }).withTags([...TAGS, ...more]).analyze();
  await still.evaluate((sheet) => sheet.replaceSync(''));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' ')}`);
}

/** What begins in the next two frames is waited for too; what never ends (a bar without a measure) is not. */
const unmoving = (page: Page): Promise<void> =>
  page.locator('html').evaluate(async () => {
    const { document, requestAnimationFrame } = globalThis as any;
    for (let frames = 0; frames < 2; frames++) {
      const moving = document.getAnimations().filter(({ playState, effect }: any) => playState === 'running' && effect.getComputedTiming().endTime !== Infinity);
      if (moving.length) frames = -1;
      await Promise.all([new Promise((next) => requestAnimationFrame(next)), ...moving.map(({ finished }: any) => finished.catch(() => undefined))]);
    }
  });

/** How far the page is wider than the window, in CSS pixels, once it has found its place in it: a tenth of a second long the same. */
export async function sidewaysScroll(page: Page): Promise<number> {
  for (let seen = NaN; ; await page.waitForTimeout(100)) {
    await unmoving(page);
    const over = await page.locator('html').evaluate((root) => root.scrollWidth - root.clientWidth);
    if (!over || over === seen) return over;
    seen = over;
  }
}
