import { join } from 'node:path';
import { freePort, type Program, whileRunning } from './program.ts';
import { eventually, tempDir } from './server.ts';

/** A row as VictoriaLogs tells it: `_msg`, `_time`, and fields by their dotted names, all of them text. */
export type VictoriaRow = Record<string, string>;

export interface VictoriaLogs {
  origin: string;
  /** All rows that the LogsQL query finds once there are `count`. */
  rows(query: string, count: number): Promise<VictoriaRow[]>;
}

/** VictoriaLogs is no package of Debian or npm: the variable names a binary of it. */
export function victoriaLogs(): Program {
  const path = process.env.VICTORIA_LOGS ?? '';
  return { path, isMissing: path === '', why: path === '' ? ' (skipped: VICTORIA_LOGS names no binary)' : '' };
}

/** Runs it over an empty directory while `during` does. */
export async function withVictoriaLogs<T>(during: (logs: VictoriaLogs) => Promise<T>): Promise<T> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const args = [
    `-storageDataPath=${join(tempDir(), 'data')}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-retentionPeriod=1y',
  ];
  return whileRunning(victoriaLogs(), args, async () => {
    await eventually(async () => ((await fetch(`${origin}/health`)).ok ? true : undefined));
    return during({ origin, rows: (query, count) => rowsOf(origin, query, count) });
  });
}

function rowsOf(origin: string, query: string, count: number): Promise<VictoriaRow[]> {
  return eventually(async () => {
    const body = new URLSearchParams({ query, limit: '100000' });
    const text = await (await fetch(`${origin}/select/logsql/query`, { method: 'POST', body })).text();
    const rows = text.split('\n').filter((line) => line !== '');
    if (rows.length < count) throw new Error(`${rows.length} of ${count} rows`);
    return rows.map((line) => JSON.parse(line) as VictoriaRow);
  }, 60_000);
}
