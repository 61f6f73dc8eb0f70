import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_LIMITS } from '../src/batch/limits.ts';
import { SymbolTable } from '../src/batch/symbol-table.ts';
import { createIngest, type IngestTask } from '../src/pipeline/ingest.ts';
import { createEnrich } from '../src/processors/enrich/index.ts';
import { createRedact } from '../src/processors/redact/index.ts';
import { decodeFile } from '../src/receivers/file-tail/decode.ts';
import { BODY_BYTES } from '../src/receivers/file-tail/tailed-file.ts';
import { ADMIN_KEY, spawnServer } from '../test/support/server.ts';
import { DEFAULT_GENERATOR, generateEvents } from './event-generator.ts';
import { cpuByThread } from './support/processes.ts';

/**
 * Catching up a file: MB/s from the start until its last byte is in the journal, and beside it what one thread does of
 * the same bytes without reading, disk and store: decode, redact, encode.
 *   npm run bench -- file-tail [--mb 300] [--format plain,json,cri,docker] [--files 1]
 */
const SAMPLE_EVENTS = 20_000;
const MB = 1e6;

type Format = 'plain' | 'json' | 'cri' | 'docker';

const TIME = '2026-11-21T08:00:00.123456789Z';
const LINES: Record<Format, (event: Record<string, unknown>) => string> = {
  plain: ({ message, service }) => `2026-11-21 08:00:00,123 INFO [${String(service)}] ${String(message)}`,
  json: (event) => JSON.stringify(event),
  cri: (event) => `${TIME} stdout F ${LINES.plain(event)}`,
  docker: (event) => JSON.stringify({ log: `${LINES.plain(event)}\n`, stream: 'stdout', time: TIME }),
};

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      mb: { type: 'string', default: '300' },
      files: { type: 'string', default: '1' },
      format: { type: 'string', default: 'plain,json,cri,docker' },
    },
  });
  const events = [...generateEvents(DEFAULT_GENERATOR).take(SAMPLE_EVENTS)];
  for (const format of values.format.split(',') as Format[]) {
    const sample = Buffer.from(events.map((event) => `${LINES[format]({ ...event })}\n`).join(''));
    const ceiling = await decodeCeiling(sample);
    const { mbPerSecond, threads } = await catchUp(sample, Number(values.mb), Number(values.files));
    const share = Math.round((mbPerSecond / ceiling) * 100);
    print(
      `${format.padEnd(6)} ${Math.round(sample.length / SAMPLE_EVENTS)} B/line: ${mbPerSecond.toFixed(1)} MB/s caught up, ${ceiling.toFixed(1)} MB/s one decode thread (${share} %); ${threads}`,
    );
  }
}

async function catchUp(sample: Buffer, mb: number, files: number): Promise<{ mbPerSecond: number; threads: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'tailwater-bench-'));
  try {
    const paths = Array.from({ length: files }, (_, i) => join(dir, `${i}.log`));
    for (const path of paths) writeSample(path, sample, (mb * MB) / files);
    const size = paths.reduce((sum, path) => sum + statSync(path).size, 0);
    const dataDir = join(dir, 'data');
    const startedAt = performance.now();
    const server = await spawnServer({
      dataDir,
      env: {
        TAILWATER_RECEIVERS_FILE_TAIL_PATHS: join(dir, '*.log'),
        TAILWATER_RECEIVERS_FILE_TAIL_API_KEY: ADMIN_KEY,
      },
    });
    const readyAt = performance.now();
    while (offsetOf(dataDir) < size) await new Promise((resolve) => setTimeout(resolve, 20));
    const seconds = (performance.now() - readyAt) / 1000;
    const threads = [...cpuByThread(server.child.pid!)]
      .map(([name, cpu]) => `${name} ${cpu.toFixed(1)} s`)
      .concat(`start ${((readyAt - startedAt) / 1000).toFixed(1)} s`, `all ${seconds.toFixed(1)} s`);
    await server.stop();
    return { mbPerSecond: size / MB / seconds, threads: threads.join(', ') };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function writeSample(path: string, sample: Buffer, bytes: number): void {
  const file = openSync(path, 'w');
  for (let written = 0; written < bytes; written += sample.length) writeSync(file, sample);
  closeSync(file);
}

function offsetOf(dataDir: string): number {
  try {
    const saved: unknown = JSON.parse(readFileSync(join(dataDir, 'receivers/file-tail/checkpoints.json'), 'utf8'));
    const { files } = saved as { files: { offset: number }[] };
    return files.reduce((sum, { offset }) => sum + offset, 0);
  } catch {
    return 0;
  }
}

/** MB/s of the ingest worker's own work, with a journal that keeps nothing. */
async function decodeCeiling(sample: Buffer): Promise<number> {
  const end = sample.lastIndexOf('\n', BODY_BYTES) + 1;
  const body = sample.subarray(0, end);
  let next = 1;
  const ingest = createIngest({
    journal: { append: async () => next++, next: 1, fault: null, close: async () => {} },
    decoders: new Map([['files', decodeFile]]),
    processors: [createEnrich({ logTypes: {} }), createRedact({ rulesOff: [] })],
    symbols: new SymbolTable(),
    limits: DEFAULT_LIMITS,
  });
  const task: IngestTask = {
    decoder: 'files',
    receiver: 'file-tail',
    body,
    encodings: ['identity'],
    request: { format: 'lines', query: 'multiline=auto&last=1', params: {}, receivedAtMs: Date.now() },
    orgId: 'bench',
    settings: { redactRulesOff: [], logTypes: {}, retentionDays: 30 },
  };
  for (let i = 0; i < 10; i++) await ingest([task]);
  const runs = 40;
  const startedAt = performance.now();
  for (let i = 0; i < runs; i++) await ingest([task]);
  return (runs * body.length) / MB / ((performance.now() - startedAt) / 1000);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
