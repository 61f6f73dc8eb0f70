import type { Browser } from 'playwright-core';
import { eventually } from '../../../../server/test/support/server.ts';
import { settled } from './browser.ts';

interface LoadedFile {
  /** Path without its query. */
  path: string;
  /** As they came over the network: headers and compressed body. */
  bytes: number;
}

export interface Load {
  requests: LoadedFile[];
  /** ms from the start of the navigation to the first frame after the first event was drawn. */
  rowsMs: number;
}

const FIRST_ROW = "document.querySelector('[role=grid] [data-index]')";

/** Everything that a page with a table of events loads, in a browser that has never seen it. */
export async function loadOf(browser: Browser, url: string): Promise<Load> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    await cdp.send('Network.enable');
    const paths = new Map<string, string>();
    const requests: LoadedFile[] = [];
    cdp.on('Network.requestWillBeSent', ({ requestId, request }) =>
      paths.set(requestId, new URL(request.url).pathname),
    );
    cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) =>
      requests.push({ path: paths.get(requestId) ?? '?', bytes: encodedDataLength }),
    );
    await page.addInitScript(`window.__rows = new Promise((resolve) => {
      const look = () => (${FIRST_ROW} ? resolve(performance.now()) : requestAnimationFrame(look));
      requestAnimationFrame(look);
    })`);
    await page.goto(url, { waitUntil: 'load' });
    const rowsMs = (await page.evaluate('window.__rows')) as number;
    await settled(page);
    // What is fetched ahead counts as well.
    await eventually(async () => (requests.length === paths.size ? true : undefined));
    return { requests, rowsMs };
  } finally {
    await context.close();
  }
}
