import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { extname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RetryableError } from '../../runtime/errors.ts';
import { ENGINE_USER, writeEngineConfig } from './engine-config.ts';

// Beside this file, as .ts when run from source and as .js when built.
const HOST_SCRIPT = fileURLToPath(new URL(`./engine-host${extname(import.meta.url)}`, import.meta.url));
const DEFAULT_MEMORY_BYTES_MAX = 1_000_000_000;
const READY_POLL_MS = 10;
/** Opening 10 M events takes 1 to 3 s; an engine that is not up after this long is killed and started again. */
const READY_TIMEOUT_MS = 120_000;
const READY_REQUEST_TIMEOUT_MS = 5_000;
/** How long a taken port is waited for (an outgoing connection may hold it) before another one is used. */
const PORT_RETRY = { times: 20, delayMs: 50 };
const BACKOFF_MS = { min: 10, max: 5_000 };
/** After a life of this length the next start is immediate again; shorter ones double the wait. */
const HEALTHY_AFTER_MS = 2_000;
/** Starts that `startEngine` tries before it gives up; after it resolved there is no limit. */
const FIRST_STARTS_MAX = 6;
const STDERR_LINES_MAX = 20;
/** jemalloc's: without it freed memory is kept for 5 s in as many arenas as there are cores, some 80 MB more at the peak. */
const ENGINE_ENV = { MALLOC_CONF: 'narenas:2,dirty_decay_ms:1000,muzzy_decay_ms:0' };

export interface EngineStatus {
  state: 'starting' | 'ready' | 'stopped';
  /** Changes only when another process took the port while the engine was down. */
  url: string;
  /** Starts after the first. */
  restarts: number;
  /** What the engine printed last, newest at the end. */
  stderr: readonly string[];
}

export interface Engine {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Of the child process, undefined while there is none. */
  readonly pid: number | undefined;
  status(): EngineStatus;
  /** Ends the engine within milliseconds (SIGKILL: what was acknowledged is on disk). Safe to call twice. */
  stop(): Promise<void>;
}

export interface EngineOptions {
  /** The engine's own folder; made if missing. One engine a folder. */
  dataDir: string;
  /** Bound of the engine's allocations, default 1 GB. */
  memoryBytesMax?: number;
  /** Called on every change of state. */
  onState?: (status: EngineStatus) => void;
  /** Ends it, also while it is only starting: startEngine rejects then. */
  signal?: AbortSignal;
}

/**
 * Starts ClickHouse in a child process on a free loopback port and keeps it running: whenever it exits it is started
 * again, with the same port and password, so that clients in other threads only see refused connections meanwhile.
 * Resolves when it answers. Throws RetryableError `store_unavailable` with the engine's words when it can't be started.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const supervisor = new Supervisor(options);
  options.signal?.addEventListener('abort', () => void supervisor.stop(), { once: true });
  await supervisor.start();
  return supervisor;
}

class Supervisor implements Engine {
  readonly user = ENGINE_USER;
  readonly password = randomBytes(24).toString('base64url');
  readonly #dataDir: string;
  readonly #configDir: string;
  readonly #memoryBytesMax: number;
  readonly #onState: (status: EngineStatus) => void;
  #port = 0;
  #state: EngineStatus['state'] = 'starting';
  #restarts = 0;
  #stderr: string[] = [];
  #child: ChildProcess | undefined;
  #run: Promise<void> = Promise.resolve();
  readonly #stopping = new AbortController();

  constructor({ dataDir, memoryBytesMax = DEFAULT_MEMORY_BYTES_MAX, onState = () => {} }: EngineOptions) {
    this.#dataDir = join(dataDir, 'data');
    mkdirSync(this.#dataDir, { recursive: true, mode: 0o700 });
    this.#configDir = join(dataDir, 'config');
    this.#memoryBytesMax = memoryBytesMax;
    this.#onState = onState;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  status(): EngineStatus {
    return { state: this.#state, url: this.url, restarts: this.#restarts, stderr: this.#stderr };
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#run = this.#keepRunning(resolve, reject);
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#child?.kill('SIGKILL');
    await this.#run;
  }

  async #keepRunning(onReady: () => void, onGiveUp: (error: Error) => void): Promise<void> {
    let wasReady = false;
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      const startedAt = performance.now();
      if (await this.#runOnce(onReady)) wasReady = true;
      if (this.#stopping.signal.aborted) break;
      failures = performance.now() - startedAt > HEALTHY_AFTER_MS ? 0 : failures + 1;
      if (!wasReady && failures >= FIRST_STARTS_MAX) break;
      this.#restarts += 1;
      this.#enter('starting');
      await this.#pause(Math.min(BACKOFF_MS.min * 2 ** failures, BACKOFF_MS.max));
    }
    this.#enter('stopped');
    // Does nothing after onReady.
    onGiveUp(
      new RetryableError(
        'store_unavailable',
        `The embedded ClickHouse did not start: ${this.#stderr.at(-1) ?? 'no output'}`,
        5_000,
      ),
    );
  }

  /** One life of the child. Resolves when it has ended, with whether it was ever ready. */
  async #runOnce(onReady: () => void): Promise<boolean> {
    this.#port = await freePort(this.#port);
    if (this.#stopping.signal.aborted) return false;
    const configFile = writeEngineConfig(this.#configDir, this.password, this.#memoryBytesMax);
    // Nothing of our environment: it may hold secrets.
    const child = spawn(process.execPath, [HOST_SCRIPT, this.#dataDir, String(this.#port), configFile], {
      cwd: this.#dataDir,
      env: ENGINE_ENV,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    this.#child = child;
    const ended = new AbortController();
    const exit = new Promise<void>((resolve) => {
      child
        .once('exit', () => resolve())
        .once('error', (error) => {
          this.#remember(error.message);
          resolve();
        });
    }).then(() => ended.abort());
    child.stdin.on('error', () => {});
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#remember(text));
    const ready = await this.#answers(ended.signal);
    if (ready) {
      this.#enter('ready');
      onReady();
    } else child.kill('SIGKILL');
    await exit;
    this.#child = undefined;
    return ready;
  }

  /** Polls until the engine answers to the password. False when `ended` aborts first or it takes too long. */
  async #answers(ended: AbortSignal): Promise<boolean> {
    const deadline = performance.now() + READY_TIMEOUT_MS;
    const headers = { 'X-ClickHouse-User': this.user, 'X-ClickHouse-Key': this.password };
    while (!ended.aborted && performance.now() < deadline) {
      const signal = AbortSignal.any([ended, AbortSignal.timeout(READY_REQUEST_TIMEOUT_MS)]);
      const response = await fetch(`${this.url}/?query=SELECT%201`, { headers, signal }).catch(() => null);
      await response?.arrayBuffer().catch(() => null);
      if (response?.ok && !ended.aborted) return true;
      await delay(READY_POLL_MS);
    }
    return false;
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }

  #enter(state: EngineStatus['state']): void {
    this.#state = state;
    this.#onState(this.status());
  }

  #remember(text: string): void {
    // Stack frames ("12. ? @ 0x…") say nothing without symbols.
    const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^\d+\. /.test(line));
    this.#stderr = [...this.#stderr, ...lines.map((line) => line.slice(0, 500))].slice(-STDERR_LINES_MAX);
  }
}

/** `preferred` if it is free or becomes free soon, else any free loopback port. */
async function freePort(preferred: number): Promise<number> {
  for (let i = 0; preferred !== 0 && i < PORT_RETRY.times; i++) {
    if ((await tryListen(preferred)) !== null) return preferred;
    await delay(PORT_RETRY.delayMs);
  }
  const port = await tryListen(0);
  if (port === null) throw new RetryableError('store_unavailable', 'No free loopback port.', 1_000);
  return port;
}

/** The port that was listened on, null when it is taken. 0 asks for any. */
async function tryListen(port: number): Promise<number | null> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return null;
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : null;
}
