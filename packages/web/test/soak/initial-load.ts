import { spawnServer } from '../../../server/test/support/server.ts';
import { launch } from '../e2e/support/browser.ts';
import { demoEvents } from '../e2e/support/demo-events.ts';
import { loadOf } from '../e2e/support/load.ts';
import { send } from '../e2e/support/stage.ts';
import { quantile } from './measure.ts';

const RUNS = 7;
const BYTES_MAX = 250_000;

/** What the logs page loads with a cold cache, and when the first rows are there. */
export async function initialLoad({ print }: { print(line: string): void }): Promise<boolean> {
  const server = await spawnServer({ openMode: true });
  const browser = await launch();
  try {
    await send(server.url, demoEvents(20_000, 24, Date.now()));
    const loads = [];
    for (let run = 0; run < RUNS; run++) loads.push(await loadOf(browser, `${server.url}/logs`));
    const rows = loads.map(({ rowsMs }) => rowsMs);
    const { requests } = loads[0]!;
    const isData = ({ path }: { path: string }) => path.startsWith('/api/');
    const bytesOf = (some: readonly { bytes: number }[]) => some.reduce((sum, request) => sum + request.bytes, 0);
    const bytes = bytesOf(requests.filter((request) => !isData(request)));
    print(`${requests.length} requests: ${bytes} bytes of files, ${bytesOf(requests.filter(isData))} of answers`);
    for (const { path, bytes: own } of requests) print(`  ${String(own).padStart(7)} ${path}`);
    print(
      `first rows after ${quantile(rows, 0.5).toFixed(0)} ms, ${Math.min(...rows).toFixed(0)} at best, ` +
        `${Math.max(...rows).toFixed(0)} at worst of ${RUNS}`,
    );
    return bytes < BYTES_MAX;
  } finally {
    await browser.close();
    await server.stop();
  }
}
