/**
 * Somebody who has a keyboard and no pointer: whatever they reach, they reach by Tab, and it must be seen to have the
 * focus before a key is pressed. A step that fails says which one, where the page was and what had the focus.
 */
import type { Browser, Locator, Page } from 'playwright-core';
import { until } from '../platform/community';
import { PASSWORD, type Person, type Platform } from '../support/platform';
import { settled } from './support';

const MOST_TABS = 120;

export class Keyboard {
  private readonly complained: string[] = [];
  private constructor(readonly page: Page, private readonly who: string) {
    page.on('pageerror', ({ message }) => void this.complained.push(message));
    page.on('console', (message) => void (message.type() === 'error' && this.complained.push(message.text())));
  }

  /** Through the form that everybody uses, until what waits for them is there. */
  static async signIn(browser: Browser, platform: Platform, person: Person): Promise<Keyboard> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    const at = new Keyboard(page, person.name);
    await at.step('signs in', async () => {
      await page.goto(`${platform.run().api}/sign-in`);
      await at.isOn(page.locator('[name=name]'));
      await page.keyboard.type(person.name);
      await at.type(page.locator('[name=password]'), PASSWORD);
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/home$/);
      await page.locator('main h1').waitFor();
      await settled(page);
    });
    return at;
  }

  async step(what: string, act: (at: this) => Promise<void>): Promise<void> {
    try {
      await act(this);
    } catch (error) {
      const focus = await this.page.locator(':focus').first().evaluate((element) => element.outerHTML.slice(0, 300), undefined, { timeout: 1_000 }).catch(() => 'nothing');
      const text = await this.page.locator('main').innerText({ timeout: 1_000 }).catch(() => '');
      throw new Error(`${this.who}, who ${what}: ${(error as Error).message}\nat ${this.page.url()}, the focus on ${focus}\n${text}`, { cause: error });
    }
  }

  has(control: Locator): Promise<boolean> {
    return control.evaluate((element) => element === element.ownerDocument.activeElement);
  }

  /** @throws when the focus does not come to stand there by itself */
  async isOn(control: Locator): Promise<void> {
    await control.waitFor();
    await until(() => this.has(control), (focused) => focused, 15_000);
  }

  /** By Tab, from wherever the focus is, round the page if need be. */
  async reach(control: Locator): Promise<void> {
    await control.waitFor();
    for (let tabs = 0; tabs < MOST_TABS; tabs++) {
      if (await this.has(control)) return;
      await this.page.keyboard.press('Tab');
    }
    throw new Error(`${String(control)} cannot be reached by Tab`);
  }

  /** A link or button, once it takes an answer. */
  async activate(control: Locator): Promise<void> {
    await this.reach(control);
    await until(() => control.getAttribute('aria-disabled'), (disabled) => disabled !== 'true');
    await this.page.keyboard.press('Enter');
  }

  async follow(link: Locator, path: string): Promise<void> {
    await this.activate(link);
    await this.arrive(path);
  }

  /** The letter of what the page offers, once it is offered. */
  async press(key: string, offered: Locator, path: string): Promise<void> {
    await offered.waitFor();
    await this.page.keyboard.press(key);
    await this.arrive(path);
  }

  /** `g` and a letter: to an area. */
  async goTo(letter: string, path: string): Promise<void> {
    await this.page.locator('header .areas').waitFor();
    await this.page.keyboard.press('g');
    await this.page.keyboard.press(letter);
    await this.arrive(path);
  }

  private async arrive(path: string): Promise<void> {
    await this.page.waitForURL((url) => url.pathname === path);
    await this.isOn(this.page.locator('main h1'));
    await settled(this.page);
  }

  async type(field: Locator, text: string): Promise<void> {
    await this.reach(field);
    await this.page.keyboard.type(text);
  }

  /** In a select, by the beginning of its words. */
  async choose(select: Locator, option: string): Promise<void> {
    await select.locator('option', { hasText: option }).waitFor({ state: 'attached' });
    await this.reach(select);
    await this.page.keyboard.type(option.slice(0, 4));
    await until(() => select.inputValue(), (value) => value === option);
  }

  /** Among radio buttons Tab comes to the one that is set; the arrows go on from there. */
  async pick(radio: Locator): Promise<void> {
    const name = await radio.getAttribute('name');
    await this.reach(this.page.locator(`input[type=radio][name="${name}"]:checked`));
    for (let presses = 0; presses < 10 && !(await radio.isChecked()); presses++) await this.page.keyboard.press('ArrowDown');
    await this.isOn(radio);
  }

  /** However often one presses Tab, forwards or back. */
  async staysIn(dialog: Locator): Promise<void> {
    await dialog.waitFor();
    const inside = (): Promise<boolean> => dialog.evaluate((element) => element.contains(element.ownerDocument.activeElement));
    await until(inside, (is) => is, 15_000);
    for (const key of [...Array<string>(12).fill('Tab'), ...Array<string>(12).fill('Shift+Tab')]) {
      await this.page.keyboard.press(key);
      if (!(await inside())) throw new Error(`${key} leads out of the dialog`);
    }
  }

  /** Keeps what a screen reader is told from now on. */
  async listen(): Promise<void> {
    await this.page.locator('body > div > [aria-live=polite], [aria-live=polite].visually-hidden').last().evaluate((region) => {
      const said: string[] = ((globalThis as any).said = []);
      new (globalThis as any).MutationObserver(() => region.textContent && said.push(region.textContent)).observe(region, { childList: true, characterData: true, subtree: true });
    });
  }

  heard(): Promise<string[]> {
    return this.page.evaluate(() => (globalThis as any).said as string[]);
  }

  /** But for the browser's word that it ran no script of the wiki. */
  complaints(): string[] {
    return this.complained.filter((text) => !/^Failed to load resource|^Blocked script execution/.test(text));
  }
}
