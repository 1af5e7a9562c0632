/** The browser of tests and measurements: Chromium that asks nobody else for anything. */
import { chromium, type Browser } from 'playwright-core';
import { services } from './services';

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: services.chromium(), args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'] });
