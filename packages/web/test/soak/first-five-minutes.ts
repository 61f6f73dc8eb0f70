import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from '../../../server/test/support/program.ts';
import { eventually, tempDir } from '../../../server/test/support/server.ts';
import { launch } from '../e2e/support/browser.ts';

const ROOT = join(import.meta.dirname, '../../../..');

/** What a newcomer does from `make run` on an installed tree to the first own event, with a clock. */
export async function firstFiveMinutes({ print }: { print(line: string): void }): Promise<boolean> {
  const startedAt = performance.now();
  let actions = 0;
  const step = (what: string, isAction = true) => {
    if (isAction) actions++;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    print(`  ${seconds.padStart(5)} s  ${isAction ? `${actions}. ` : '   '}${what}`);
  };
  const ports = `--http-port ${await freePort()} --receivers-otlp-http 0 --receivers-otlp-grpc 0`;
  const make = spawn('make', ['run', `DATA_DIR=${tempDir()}`, `ARGS=${ports}`], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const browser = await launch();
  try {
    step('types `make run`');
    const url = await printedUrl(make);
    step(`the terminal says: Web UI: ${url}`, false);
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    await page.goto(url, { waitUntil: 'domcontentloaded' });
    step('opens it');
    await page.getByRole('row').nth(1).waitFor();
    step("no sign-in, and Tailwater's own events are there", false);
    await page.getByRole('link', { name: 'Connect your first source' }).click();
    step('follows "Connect your first source"');
    await page.getByRole('button', { name: 'Copy' }).first().click();
    await page.getByText('Copied, with a fresh API key in it').waitFor();
    step('copies the snippet for curl');
    const snippet = (await page.evaluate('navigator.clipboard.readText()')) as string;
    const { status, stderr } = spawnSync('sh', ['-c', snippet], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the snippet failed: ${stderr}`);
    step('pastes it into a terminal');
    await page.getByText('It works: 1 event').waitFor();
    step('the panel is green, and shows the event', false);
    await page.getByRole('link', { name: 'See them in Logs' }).click();
    await page.getByRole('row', { name: /hello, tailwater/ }).waitFor();
    step('follows "See them in Logs": the event stands there');
    print(`${actions} actions, ${((performance.now() - startedAt) / 1000).toFixed(1)} s without the time to read`);
    return true;
  } finally {
    await browser.close();
    await ended(make);
  }
}

/** The web UI's address, as the start prints it. */
async function printedUrl(make: ChildProcess): Promise<string> {
  let printed = '';
  for (const stream of [make.stdout!, make.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  try {
    return await eventually(async () => /Web UI: (http:\S+)/.exec(printed)?.[1], 300_000);
  } catch (error) {
    throw new Error(`make run printed ${printed}`, { cause: error });
  }
}

/** make does not pass signals on: the group gets it. */
async function ended(make: ChildProcess): Promise<void> {
  if (make.exitCode !== null) return;
  const gone = new Promise((resolve) => make.once('exit', resolve));
  process.kill(-make.pid!, 'SIGTERM');
  await gone;
}
