import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The repository's root, from this file's place in the sources or in the build. */
function findRoot(): string {
  let dir = import.meta.dirname;
  while (!existsSync(join(dir, 'package-lock.json'))) dir = join(dir, '..');
  return dir;
}

const CLI = join(findRoot(), 'packages/cli/dist/main.js');

/** The admin key that spawned servers are given unless they are started in open mode. */
export const ADMIN_KEY = 'tw_test_0123456789abcdefghijklmnopqrstuvwxyzABCDEF';

export interface SpawnedServer {
  url: string;
  httpPort: number;
  dataDir: string;
  child: ChildProcess;
  /** The ready line as it was printed. */
  ready: Record<string, unknown>;
  /** Everything on stderr so far. */
  stderr(): string;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Process ids of the children: the embedded engine. */
  childPids(): number[];
}

export interface SpawnOptions {
  dataDir?: string;
  args?: readonly string[];
  env?: Record<string, string>;
  /** Without keys, as a newcomer starts it. */
  openMode?: boolean;
  /** As soon as it takes events. Otherwise it can be asked too: on a busy machine the store comes seconds later. */
  beforeStore?: boolean;
}

/** Starts the built program on free ports and waits until it is ready, and its store too. Build first. */
export async function spawnServer(options: SpawnOptions = {}): Promise<SpawnedServer> {
  const dataDir = options.dataDir ?? tempDir();
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const child = spawn(
    process.execPath,
    [
      CLI,
      'serve',
      '--data-dir',
      dataDir,
      '--http-port',
      '0',
      '--receivers-otlp-http',
      '0',
      '--receivers-otlp-grpc',
      '0',
      ...(options.args ?? []),
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...inherited,
        // Tests count the events that they sent.
        TAILWATER_LOG_OWN_EVENTS: 'off',
        ...(options.openMode === true ? {} : { TAILWATER_BOOTSTRAP_API_KEY: ADMIN_KEY, TAILWATER_OPEN_MODE: 'off' }),
        ...options.env,
      },
    },
  );
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-100_000);
  });
  const ready = await readyLine(child, () => stderr);
  const httpPort = Number(ready.http);
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${httpPort}`;
  if (options.beforeStore !== true) await storeReady(url);
  return {
    url,
    httpPort,
    dataDir,
    child,
    ready,
    stderr: () => stderr,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      return child.exitCode;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    childPids: () => childPids(child.pid!),
  };
}

const STORE_WAIT_MS_MAX = 60_000;

/** Resolves once a server answers queries. */
export async function storeReady(url: string): Promise<void> {
  await eventually(async () => {
    const response = await fetch(`${url}/readyz?part=store`);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`the store is not ready: ${text}`);
    return true;
  }, STORE_WAIT_MS_MAX);
}

async function readyLine(child: ChildProcess, stderr: () => string): Promise<Record<string, unknown>> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const parsed = JSON.parse(line) as Record<string, unknown>;
    if (parsed.event === 'ready') {
      child.stdout!.resume();
      return parsed;
    }
  }
  throw new Error(`the server ended before it was ready: ${stderr()}`);
}

/** Children of a process, over all its threads. Linux only, as the tests that need it. */
export function childPids(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

const made: string[] = [];

/** A new directory, removed by `removeTempDirs`. */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tailwater-'));
  made.push(dir);
  return dir;
}

export function removeTempDirs(): void {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
}

/** A request with the server's admin key, or with that of the org that the server is looked at as. */
export function request(
  server: { url: string; adminKey?: string },
  path: string,
  init: RequestInit & { org?: string } = {},
) {
  const { org, headers, ...rest } = init;
  return fetch(server.url + path, {
    ...rest,
    headers: {
      authorization: `Bearer ${server.adminKey ?? ADMIN_KEY}`,
      ...(org === undefined ? {} : { 'x-scope-orgid': org }),
      ...(headers as Record<string, string>),
    },
  });
}

/** Every event of an org that matches, streamed as NDJSON. */
export async function allEvents(
  server: { url: string; adminKey?: string },
  query: string,
  org?: string,
): Promise<Record<string, unknown>[]> {
  const response = await request(server, `/api/logs?${query}`, {
    headers: { accept: 'application/x-ndjson' },
    ...(org === undefined ? {} : { org }),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A check is often a query, which costs 20 ms of CPU: soon at first, for what is quick, then seldom. */
const CHECK_INTERVAL_MS = { min: 20, max: 160 };

/** Repeats `check` until it returns something else than undefined. Throws after `timeoutMs` with the last error. */
export async function eventually<T>(check: () => Promise<T | undefined>, timeoutMs = 60_000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown = new Error('nothing came');
  for (let waitMs = CHECK_INTERVAL_MS.min; performance.now() < deadline; waitMs *= 2) {
    try {
      const value = await check();
      if (value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(waitMs, CHECK_INTERVAL_MS.max)));
  }
  throw new Error('it did not happen in time', { cause: last });
}
