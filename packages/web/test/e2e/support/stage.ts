import { existsSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { eventually, spawnServer } from '../../../../server/test/support/server.ts';
import { CHROMIUM } from './browser.ts';
import { type DemoEvent, demoEvents } from './demo-events.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a server in open mode, with the demo's events of the last 24 hours. */
    serverUrl: string;
  }
}

const EVENTS = 20_000;
const HOURS = 24;

/** One server for all files: started once, filled once. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!existsSync(CHROMIUM)) {
    project.provide('serverUrl', '');
    return async () => {};
  }
  const server = await spawnServer({ openMode: true, env: { TAILWATER_LOG_OWN_EVENTS: 'on' } });
  await send(server.url, demoEvents(EVENTS, HOURS, Date.now()));
  project.provide('serverUrl', server.url);
  return async () => {
    await server.stop();
  };
}

/** Sends events, and answers when all of them can be found: a store that has just been started may take its time. */
export async function send(url: string, events: readonly DemoEvent[]): Promise<void> {
  const before = await countOf(url);
  const answer = await fetch(`${url}/api/logs?ack=stored`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: events.map((event) => JSON.stringify(event)).join('\n'),
  });
  if (answer.status !== 202) throw new Error(`the demo's events were not taken: ${await answer.text()}`);
  await eventually(async () => ((await countOf(url)) >= before + events.length ? true : undefined), 60_000);
}

/** Events of the last month; 0 while the store is not open. */
async function countOf(url: string): Promise<number> {
  const answer = await fetch(`${url}/api/logs?from=-30d&page_size=1&count=true`);
  return answer.ok ? ((await answer.json()) as { total: number }).total : 0;
}
