import { setTimeout as delay } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';
import { DEFAULT_GENERATOR, generateEvents } from '../../../server/bench/event-generator.ts';
import { openPoster, type Poster } from '../../../server/bench/support/post.ts';
import { spawnServer } from '../../../server/test/support/server.ts';
import { launch } from '../e2e/support/browser.ts';
import { describeFrames, FRAME_WATCH, type Frames, type Memory, memoryOf, takeFrames } from './measure.ts';

interface LiveTailOptions {
  minutes: number;
  eventsPerSecond: number;
  print(line: string): void;
}

const BATCH_INTERVAL_MS = 100;
const IDLE_MS = 20_000;
/** Nothing for so long: nothing comes any more. */
const SILENCE_MS = 5_000;
/** The heap may grow by what rows that the table keeps take; from the middle on they only take turns. */
const GROWTH_MAX = 1.25;

/** Messages of the tail, counted where they arrive: it costs the page next to nothing. */
const COUNT_MESSAGES = `
  window.__messages = 0;
  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', () => window.__messages++);
    }
  };
`;

/** The logs page with live tail on, while events come at a steady rate. */
export async function liveTail({ minutes, eventsPerSecond, print }: LiveTailOptions): Promise<boolean> {
  const server = await spawnServer({ openMode: true });
  const browser = await launch();
  const poster = openPoster(server.url, 4);
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    await context.addInitScript(FRAME_WATCH + COUNT_MESSAGES);
    const page = await context.newPage();
    await page.goto(`${server.url}/logs?live=1`, { waitUntil: 'domcontentloaded' });
    await page.getByText('Live: new events come in').waitFor();
    const cdp = await context.newCDPSession(page);
    // CPU of the page's main thread, not the time that it waited for a core.
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    await delay(IDLE_MS);
    print(`no events: ${describeFrames(await takeFrames(page))}`);
    const sender = sendSteadily(poster, eventsPerSecond);
    const memories = [await memoryOf(cdp)];
    for (const half of ['first', 'second']) {
      const cpuBefore = await cpuSeconds(cdp);
      await delay((minutes * 60_000) / 2);
      print(`${half} half: ${describeFrames(await takeFrames(page))}`);
      const cpu = (await cpuSeconds(cdp)) - cpuBefore;
      print(`  main thread ${((100 * cpu) / (minutes * 30)).toFixed(1)} % of a core`);
      memories.push(await memoryOf(cdp));
      await takeFrames(page);
    }
    print(`paused: ${describeFrames(await pausedFrames(page))}`);
    const sent = await sender.stop();
    return await report({ page, sent, seconds: sender.seconds(), memories, print });
  } finally {
    poster.close();
    await browser.close();
    await server.stop();
  }
}

async function cpuSeconds(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
}

/** Somebody reads: a row is chosen, and the rows are gone through while new ones come. */
async function pausedFrames(page: Page): Promise<Frames> {
  await page.getByRole('grid', { name: 'Events' }).focus();
  for (let press = 0; press < 60; press++) {
    await page.keyboard.press(press % 3 === 0 ? 'PageDown' : 'ArrowDown');
    await delay(100);
  }
  const frames = await takeFrames(page);
  await page.getByRole('button', { name: 'Go on' }).click();
  return frames;
}

interface Outcome {
  page: Page;
  sent: number;
  seconds: number;
  memories: Memory[];
  print(line: string): void;
}

async function report({ page, sent, seconds, memories, print }: Outcome): Promise<boolean> {
  const [messages, rows, status] = await allTold(page, sent);
  const isWhole = messages + skippedOf(status) >= sent;
  print(`${sent} events sent in ${seconds.toFixed(0)} s: ${(sent / seconds).toFixed(0)} a second`);
  print(`${messages} messages came to the page, which holds ${rows} rows and says: ${status}`);
  if (!isWhole) print(`${sent - messages - skippedOf(status)} events neither came nor were told to be skipped`);
  for (const [at, { heapMib, domNodes }] of memories.entries()) {
    print(
      `${['start', 'middle', 'end'][at]}: ${heapMib.toFixed(1)} MiB of heap after collection, ${domNodes} DOM nodes`,
    );
  }
  const [, middle, end] = memories as [Memory, Memory, Memory];
  return isWhole && end.heapMib <= middle.heapMib * GROWTH_MAX && end.domNodes <= middle.domNodes * GROWTH_MAX;
}

type Told = [messages: number, rows: number, status: string];

const skippedOf = (status: string): number =>
  Number((/([\d,]+) events? skipped/.exec(status)?.[1] ?? '0').replaceAll(',', ''));

/** What the page has and says, once every event came or was told to be skipped, or none comes any more. */
async function allTold(page: Page, sent: number): Promise<Told> {
  for (let before = -1; ; ) {
    const told = (await page.evaluate(`[
    window.__messages,
    Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')) - 1,
    [...document.querySelectorAll('[role=status]')].map((each) => each.textContent).find((text) => /^Live/.test(text)),
  ]`)) as Told;
    const [messages, , status] = told;
    if (messages + skippedOf(status) >= sent || messages === before) return told;
    before = messages;
    await delay(SILENCE_MS);
  }
}

/** Sends the generator's events, with the time of their arrival, in a request every tenth of a second. */
function sendSteadily(poster: Poster, eventsPerSecond: number): { stop(): Promise<number>; seconds(): number } {
  const events = generateEvents({ ...DEFAULT_GENERATOR, count: 10_000_000 });
  const startedAt = performance.now();
  let sent = 0;
  let isStopped = false;
  let endedAt = 0;
  const run = async () => {
    while (!isStopped) {
      const due = Math.floor(((performance.now() - startedAt) * eventsPerSecond) / 1000) - sent;
      if (due > 0) {
        const lines = Array.from({ length: due }, () => {
          const { ts: _, org: __, ...event } = events.next().value!;
          return JSON.stringify(event);
        });
        const { status, text } = await poster.post('/api/logs', Buffer.from(lines.join('\n')), {
          'content-type': 'application/x-ndjson',
        });
        if (status !== 202) throw new Error(`${status} ${text}`);
        sent += due;
      }
      await delay(BATCH_INTERVAL_MS);
    }
    endedAt = performance.now();
    return sent;
  };
  const running = run();
  return {
    stop: () => {
      isStopped = true;
      return running;
    },
    seconds: () => ((endedAt || performance.now()) - startedAt) / 1000,
  };
}
