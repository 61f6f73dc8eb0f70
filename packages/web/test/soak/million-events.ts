import type { Browser, Page } from 'playwright-core';
import { DEFAULT_GENERATOR, generateEvents, NEEDLE } from '../../../server/bench/event-generator.ts';
import { inParallel, openPoster } from '../../../server/bench/support/post.ts';
import { eventually, type SpawnedServer, spawnServer } from '../../../server/test/support/server.ts';
import { launch } from '../e2e/support/browser.ts';
import { quantile, timed } from './measure.ts';

interface MillionOptions {
  events: number;
  print(line: string): void;
}

const RUNS = 5;
const BATCH = 5_000;
const RANGE = `from=${new Date(DEFAULT_GENERATOR.endMs - DEFAULT_GENERATOR.hours * 3_600_000).toISOString()}&to=${new Date(DEFAULT_GENERATOR.endMs).toISOString()}`;

/** Questions to the org with all of the generator's events, from the key that asks to the frame that shows the answer. */
export async function millionEvents({ events, print }: MillionOptions): Promise<boolean> {
  const server = await spawnServer({ openMode: true });
  const browser = await launch();
  try {
    await fill(server, events);
    print(`${events} events stored`);
    const rows: [string, () => Promise<number>][] = [
      ['histogram of all', () => asked(browser, server, { q: '', before: NEEDLE, isRowsToo: false })],
      ['histogram and rows of all', () => asked(browser, server, { q: '', before: NEEDLE, isRowsToo: true })],
      ['a word of one event', () => asked(browser, server, { q: NEEDLE, before: '', isRowsToo: true })],
      ['a common word', () => asked(browser, server, { q: 'completed', before: '', isRowsToo: true })],
      ['a number', () => asked(browser, server, { q: 'attr.tokens_in:>5900', before: '', isRowsToo: true })],
      ['values of a field', () => fieldOpened(browser, server)],
      ['stats page', () => pageOpened(browser, `${server.url}/stats?${RANGE}`, 'main canvas, main svg')],
      ['patterns page', () => pageOpened(browser, `${server.url}/patterns?${RANGE}`, 'table[aria-label=Patterns]')],
    ];
    print('| what | median ms | best | worst |\n|---|---|---|---|');
    for (const [name, run] of rows) {
      const times: number[] = [];
      for (let time = 0; time < RUNS; time++) times.push(await run());
      print(
        `| ${name} | ${quantile(times, 0.5).toFixed(0)} | ${Math.min(...times).toFixed(0)} | ${Math.max(...times).toFixed(0)} |`,
      );
    }
    return true;
  } finally {
    await browser.close();
    await server.stop();
  }
}

async function fill(server: SpawnedServer, events: number): Promise<void> {
  const poster = openPoster(server.url, 4);
  await inParallel(batches(events), 4, async (body) => {
    const { status, text } = await poster.post('/api/logs', body, { 'content-type': 'application/x-ndjson' });
    if (status !== 202) throw new Error(`${status} ${text}`);
  });
  poster.close();
  await eventually(async () => ((await countOf(server, '')) >= events ? true : undefined), 600_000);
}

function* batches(events: number): Generator<Buffer> {
  const lines: string[] = [];
  for (const { org: _, ...event } of generateEvents({ ...DEFAULT_GENERATOR, count: events })) {
    lines.push(JSON.stringify(event));
    if (lines.length === BATCH) yield Buffer.from(lines.splice(0).join('\n'));
  }
  if (lines.length > 0) yield Buffer.from(lines.join('\n'));
}

async function countOf({ url }: SpawnedServer, q: string): Promise<number> {
  const answer = await fetch(`${url}/api/logs?${RANGE}&q=${encodeURIComponent(q)}&page_size=1&count=true`);
  return answer.ok ? ((await answer.json()) as { total: number }).total : 0;
}

async function withPage<T>(browser: Browser, url: string, run: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, timezoneId: 'UTC' });
  try {
    const page = await context.newPage();
    await page.goto(url, { waitUntil: 'domcontentloaded' });
    return await run(page);
  } finally {
    await context.close();
  }
}

/** The summary says that many. */
const says = (total: number): string => {
  const text = `${total.toLocaleString('en')} event${total === 1 ? '' : 's'} `;
  return `[...document.querySelectorAll('[role=status]')].some(({ textContent }) => textContent.startsWith('${text}'))`;
};
const ROWS = "document.querySelector('[role=grid]').getAttribute('aria-busy') === 'false'";

interface Asked {
  q: string;
  /** What the page shows before. */
  before: string;
  /** Waits for the rows as well. */
  isRowsToo: boolean;
}

/** ms from Enter to the frame with the answer. */
async function asked(browser: Browser, server: SpawnedServer, { q, before, isRowsToo }: Asked): Promise<number> {
  const url = `${server.url}/logs?${RANGE}&q=${encodeURIComponent(before)}`;
  const [totalBefore, total] = [await countOf(server, before), await countOf(server, q)];
  return withPage(browser, url, async (page) => {
    await eventually(async () => ((await page.evaluate(`${says(totalBefore)} && ${ROWS}`)) ? true : undefined));
    await page.getByRole('combobox', { name: 'Search events' }).fill(q);
    const isDone = isRowsToo ? `${says(total)} && ${ROWS}` : says(total);
    return timed(page, () => page.keyboard.press('Enter'), isDone);
  });
}

async function fieldOpened(browser: Browser, server: SpawnedServer): Promise<number> {
  return withPage(browser, `${server.url}/logs?${RANGE}`, async (page) => {
    const field = page.getByRole('complementary', { name: 'Fields' }).locator('button[title^="service "]');
    await field.waitFor();
    await eventually(async () => ((await page.evaluate(ROWS)) ? true : undefined));
    return timed(page, () => field.click(), `document.querySelector('ul[aria-label="Values of service"] li') !== null`);
  });
}

/** ms from the start of the navigation, with a cold cache, until nothing is loading. */
async function pageOpened(browser: Browser, url: string, mark: string): Promise<number> {
  return withPage(browser, url, (page) =>
    page.evaluate(`new Promise((resolve) => {
      const isLoading = () => document.querySelector('[role=status][aria-label^=Loading], [aria-busy=true]') !== null;
      const look = (now) =>
        document.querySelector('${mark}') !== null && !isLoading() ? resolve(now) : requestAnimationFrame(look);
      requestAnimationFrame(look);
    })`),
  ) as Promise<number>;
}
