/** A Chromium for the web tests, driven by playwright-core. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../house/files.mjs';
import { isProgram, onPath } from '../supply/cache.mjs';
import { cannotInstall, installPackages } from '../supply/packages.mjs';
import { run } from '../supply/run.mjs';

const PACKAGES = { apt: ['chromium'], brew: ['--cask', 'chromium'] };
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC_PROGRAMS = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'];

export async function obtainChromium(tell = () => {}) {
  const found = () => NAMES.map(onPath).find(Boolean) ?? MAC_PROGRAMS.find(isProgram);
  if (found()) return found();
  const reasons = [];
  for (const way of [() => installPackages(PACKAGES, tell).then((done) => done && found()), () => fromPlaywright(tell)]) {
    try {
      const program = await way();
      if (program) return program;
    } catch (error) {
      reasons.push(`- ${error.message}`);
    }
  }
  throw cannotInstall('Chromium (for the web tests)', PACKAGES, reasons.join('\n'));
}

async function fromPlaywright(tell) {
  const requireHere = createRequire(join(root, 'package.json'));
  const { chromium } = requireHere('playwright-core');
  if (isProgram(chromium.executablePath())) return chromium.executablePath();
  tell("Playwright's own");
  await run(process.execPath, [requireHere.resolve('playwright-core/cli.js'), 'install', 'chromium'], { timeoutMs: 300_000 });
  return isProgram(chromium.executablePath()) ? chromium.executablePath() : undefined;
}
