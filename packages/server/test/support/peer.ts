import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import {
  allEvents,
  eventually,
  removeTempDirs,
  request,
  type SpawnedServer,
  type SpawnOptions,
  spawnServer,
  tempDir,
} from './server.ts';
import './shared-server.ts';
import { openGate, type TcpGate } from './tcp-gate.ts';

/** An event as `GET /api/logs` answers it. */
export type FoundEvent = Record<string, unknown>;

/** The server that a file's foreign clients send to. It is there from the first test on. */
export interface PeerServer {
  readonly server: SpawnedServer;
  /** Of the main port: takes the place of a server in `request` and `allEvents`. */
  readonly url: string;
  /** The port of a listener, `syslog.tcp`; `http` is the main one. */
  port(listener: string): number;
  /** All events of the service once there are `count`, in order of time. Throws when there never are. */
  found(service: string, count: number): Promise<FoundEvent[]>;
  /** A port in front of the listener that stays the same over `restart`. */
  gate(listener: string): Promise<TcpGate>;
  /** Stops the server and starts it again over what it had; until then its gates are shut. */
  restart(): Promise<void>;
}

/** Fast: these tests wait for what they sent. */
const ENV = { TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms' };

/** Starts a server before the tests of the file, or of the `describe` it is called in, and stops it after them. */
export function peerServer(options: () => SpawnOptions = () => ({})): PeerServer {
  let server: SpawnedServer | undefined;
  const gates = new Map<TcpGate, string>();
  const start = (dataDir: string) => {
    const { env, ...rest } = options();
    return spawnServer({ dataDir, ...rest, env: { ...ENV, ...env } });
  };
  const peer: PeerServer = {
    get server() {
      if (server === undefined) throw new Error('the server is there from the first test on');
      return server;
    },
    get url() {
      return peer.server.url;
    },
    port: (listener) => portOf(peer.server, listener),
    found: (service, count) => foundIn(peer, service, count),
    gate: async (listener) => {
      const gate = await openGate();
      gates.set(gate, listener);
      gate.open(peer.port(listener));
      return gate;
    },
    restart: async () => {
      for (const gate of gates.keys()) gate.shut();
      await peer.server.stop();
      server = await start(peer.server.dataDir);
      for (const [gate, listener] of gates) gate.open(peer.port(listener));
    },
  };
  beforeAll(async () => {
    server = await start(tempDir());
  });
  afterAll(async () => {
    for (const gate of gates.keys()) await gate.close();
    await server?.stop();
    removeTempDirs();
  });
  return peer;
}

/**
 * The server that all files share, for foreign clients that need it as it comes up and search for services of their own:
 * the admin key of tests opens it.
 */
export function sharedPeer(): Pick<PeerServer, 'url' | 'port' | 'found'> {
  const { url, httpPort, listeners } = inject('sharedServer');
  const server = { url, httpPort, ready: { listeners } };
  return {
    url,
    port: (listener) => portOf(server, listener),
    found: (service, count) => foundIn(server, service, count),
  };
}

/** The port of a listener, `syslog.tcp`; `http` is the main one. */
export function portOf(server: Pick<SpawnedServer, 'httpPort' | 'ready'>, listener: string): number {
  const { listeners } = server.ready as { listeners: Record<string, number> };
  const port = listener === 'http' ? server.httpPort : listeners[listener];
  if (port === undefined) throw new Error(`no listener ${listener}, but ${Object.keys(listeners).join(', ')}`);
  return port;
}

/** A day and more: some clients send times of their own. */
const FROM = '-30h';

/** All events of the service once there are `count`, in order of time. Throws when there never are. */
export function foundIn(server: { url: string }, service: string, count: number): Promise<FoundEvent[]> {
  return eventually(async () => {
    const events = await allEvents(server, `service=${encodeURIComponent(service)}&order=asc&from=${FROM}`);
    if (events.length < count) throw new Error(`${events.length} of ${count} events of ${service}`);
    return events;
  }, 60_000);
}

/** The rejected attempts once they have all of these words. Throws when they never do. */
export function attemptsWith(server: { url: string }, ...words: readonly string[]): Promise<string> {
  return eventually(async () => {
    const text = await (await request(server, '/api/ingest/attempts')).text();
    if (!words.every((word) => text.includes(word))) throw new Error(text.slice(0, 2000));
    return text;
  });
}

export const numbersTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/**
 * The events are the numbers from 0 to `count - 1`, each once, and what is known of each is true.
 *
 * @param numberOf A pattern whose first group in the message is the number, or how else to read it.
 */
export function expectNumbered(
  events: readonly FoundEvent[],
  count: number,
  numberOf: RegExp | ((event: FoundEvent) => number),
  known?: (number: number) => object,
): void {
  const read =
    typeof numberOf === 'function'
      ? numberOf
      : ({ message }: FoundEvent) => Number(numberOf.exec(String(message))?.[1] ?? Number.NaN);
  expect(events.map(read).toSorted((a, b) => a - b)).toEqual(numbersTo(count));
  if (known !== undefined) for (const event of events) expect(event).toMatchObject(known(read(event)));
}

/** The text of a receiver's README. It lies in the sources, which are not copied into the build. */
export function readmeOf(receiver: string): string {
  const root = import.meta.dirname.replace(/\/packages\/server\/.*/, '');
  return readFileSync(join(root, 'packages/server/src/receivers', receiver, 'README.md'), 'utf8');
}

/** The first block of that language, '' for none, that has the word in it. */
export function readmeBlock(receiver: string, language: string, word = ''): string {
  for (const [, name, text] of readmeOf(receiver).matchAll(/^```(\S*)\n([\s\S]*?)^```$/gm)) {
    if (name === language && text!.includes(word)) return text!;
  }
  throw new Error(`the README of ${receiver} has no block in ${language} with ${word}`);
}

/** A certificate of localhost that signs itself, and its key: paths of PEM files, valid for two days. */
export function selfSigned(): { cert: string; key: string } {
  const dir = tempDir();
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const made = spawnSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, ...subject]);
  if (made.status !== 0) throw new Error(`openssl: ${String(made.stderr)}`);
  return { cert, key };
}
