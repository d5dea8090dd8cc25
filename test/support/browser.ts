import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, onTestFinished } from 'vitest';
import { findProgram } from './programs.mjs';

/** A page from disk, and what a reader must never see of it: what it asked the network for, and what it complained of. */
export interface OpenedPage {
  page: Page;
  requests: string[];
  complaints: string[];
}

/** Opens files in one browser for all tests of a file. To be called where the file's tests are told. */
export function browserForAll(): (file: string, options?: BrowserContextOptions) => Promise<OpenedPage> {
  let browser: Promise<Browser> | undefined;
  afterAll(async () => (await browser)?.close());
  return async (file, options = {}) => {
    browser ??= chromium.launch({
      executablePath: findProgram('chromium') ?? 'chromium',
      // Its sandbox does not start for root.
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    });
    const context = await (await browser).newContext({ timezoneId: 'UTC', ...options });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const [requests, complaints]: [string[], string[]] = [[], []];
    const address = `file://${file}`;
    page.on('request', (request) => {
      if (request.url() !== address && !request.url().startsWith('data:,')) requests.push(request.url());
    });
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error.stack)));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(address);
    await page.waitForSelector('html[data-ready]', { state: 'attached' });
    return { page, requests, complaints };
  };
}
