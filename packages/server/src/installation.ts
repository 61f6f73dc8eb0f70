import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { lockDataDir } from './journal/disk/lock.ts';
import { GRPC_PORT, HTTP_PORT } from './receivers/otlp/config.ts';
import { RECEIVERS } from './receivers/registry.ts';
import { isKnownError } from './runtime/errors.ts';

/** What `tailwater doctor` asks of an installation that may not run. Without what serves: that takes long to load. */
export { ConfigError, loadConfigOfProcess } from './config.ts';

const ENGINE_TIMEOUT_MS = 30_000;
const STDERR_CHARACTERS_MAX = 300;

/** A port that the server would open. */
export interface WantedPort {
  /** Its configuration key. */
  key: string;
  host: string;
  port: number;
  protocol: 'tcp' | 'udp';
  /** Whether the server starts without it when it is taken. */
  isOptional: boolean;
}

/** The ports that a server of this configuration opens; none for those that the system chooses (0). */
export function wantedPorts({ http, receivers }: Config): WantedPort[] {
  const main: WantedPort = { key: 'http.port', host: http.host, port: http.port, protocol: 'tcp', isOptional: false };
  const host = receivers.host ?? http.host;
  const others = RECEIVERS.flatMap(({ id, listeners = [] }) => {
    const section = receivers[id as keyof typeof receivers];
    if (typeof section !== 'object') return [];
    return ['http', ...listeners.map((listener) => listener.id)].flatMap((name): WantedPort[] => {
      const wanted: unknown = (section as Readonly<Record<string, unknown>>)[name];
      const port = wanted === 'auto' ? (name === 'grpc' ? GRPC_PORT : HTTP_PORT) : wanted;
      if (typeof port !== 'number') return [];
      const protocol = name === 'udp' ? 'udp' : 'tcp';
      return [{ key: `receivers.${id}.${name}`, host, port, protocol, isOptional: wanted === 'auto' }];
    });
  });
  return [main, ...others].filter(({ port }) => port !== 0);
}

/** Whether a server has the data directory open now. Changes nothing. */
export function isDataDirInUse(dir: string): boolean {
  if (!existsSync(join(dir, 'lock'))) return false;
  try {
    lockDataDir(dir).release();
    return false;
  } catch (error) {
    if (isKnownError(error) && error.code === 'conflict') return true;
    throw error;
  }
}

/**
 * Null when the embedded ClickHouse can be loaded on this machine, otherwise why not. In a process of its own: a library
 * for another processor ends the one that loads it.
 */
export async function engineFault(): Promise<string | null> {
  const script =
    "import { libchdbPath } from 'chdb/libchdb'; import { open } from 'ffi-rs'; open({ library: 'chdb', path: libchdbPath() });";
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    // Packages are looked for from here on upwards.
    cwd: import.meta.dirname,
    env: {},
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: ENGINE_TIMEOUT_MS,
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(0, STDERR_CHARACTERS_MAX);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code === 0) return null;
  return signal === null ? stderr.trim() || `exit code ${code}` : `its process was ended by ${signal}`;
}
