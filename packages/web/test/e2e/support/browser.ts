import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { program } from '../../../../server/test/support/program.ts';
import { eventually } from '../../../../server/test/support/server.ts';

/** Debian's Chromium. Without it the tests are skipped, and their titles say so. */
const found = program('chromium');
export const CHROMIUM = found.path;
export const withoutChromium = { isMissing: found.isMissing, why: found.why };

export const DESK = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });

export interface Visit {
  page: Page;
  context: BrowserContext;
  /** Whatever went wrong on the page so far: uncaught errors, errors of the console, refused by the policy. */
  faults: string[];
}

/** A new browser context with a page at that path. */
export async function visit(
  browser: Browser,
  url: string,
  { viewport = DESK, theme = 'light' as 'light' | 'dark' } = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport, colorScheme: theme, timezoneId: 'UTC', locale: 'en-GB' });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  return { page, context, faults };
}

/** Resolves when nothing on the page is loading any more. */
export async function settled(page: Page): Promise<void> {
  const count = "document.querySelectorAll('[role=status][aria-label^=Loading]').length";
  await eventually(async () => ((await page.evaluate(count)) === 0 ? true : undefined), 30_000);
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeViolation {
  id: string;
  impact: string | null;
  help: string;
  nodes: { html: string; failureSummary: string }[];
}

/** Nothing that axe finds serious or critical (https://github.com/dequelabs/axe-core). */
export async function expectAccessible(page: Page): Promise<void> {
  // Not a script element: the page's policy would refuse it.
  await page.evaluate(axeSource);
  const violations = (await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
  )) as AxeViolation[];
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes
          .slice(0, 3)
          .map(({ html, failureSummary }) => `${html} ${failureSummary}`)
          .join('; ')}`,
    );
  expect(serious).toEqual([]);
}

/** Nothing sticks out at the side: on a phone the page would move under the thumb. */
export async function expectNoSideways(page: Page): Promise<void> {
  const [scrollWidth, innerWidth] = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [
    number,
    number,
  ];
  expect(scrollWidth).toBeLessThanOrEqual(innerWidth);
}

const SHOTS = join(import.meta.dirname, '../../../../../docs/screenshots');

/** Writes docs/screenshots/NAME.png when screenshots are asked for: `make screenshots`. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}
