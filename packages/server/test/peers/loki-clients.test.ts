import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { GrafanaApi } from '@myunisoft/loki';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import winston from 'winston';
import LokiTransport from 'winston-loki';
import type { Answer } from '../support/loki/answers.ts';
import { type LokiServer, push, queryInstant, queryRange } from '../support/loki/http-client.ts';
import { peerServer } from '../support/peer.ts';
import { program } from '../support/program.ts';
import { ADMIN_KEY, eventually } from '../support/server.ts';

/** Clients of Loki that nobody here wrote push, and what they pushed is asked for with LogQL; logcli asks. */
const peer = peerServer();
const headers = { Authorization: `Bearer ${ADMIN_KEY}` };
const server = (): LokiServer => ({ url: peer.url, headers });

const EVENTS = 50;
const NANOS_PER_MS = 1_000_000n;
const HOUR_NS = 3_600_000n * NANOS_PER_MS;
const nowNs = (): bigint => BigInt(Date.now()) * NANOS_PER_MS;

/** The answer to a log query of the last hour once it has that many events. */
function eventsOf(query: string, count: number): Promise<Extract<Answer, { kind: 'logs' }>['entries']> {
  return eventually(async () => {
    const span = { startNs: nowNs() - HOUR_NS, endNs: nowNs() + HOUR_NS };
    const answer = await queryRange(server(), { query, ...span, categorize: true });
    if (answer.kind !== 'logs' || answer.entries.length !== count)
      throw new Error(JSON.stringify(answer).slice(0, 500));
    return answer.entries;
  });
}

async function countOf(query: string): Promise<number> {
  const answer = await queryInstant(server(), query, nowNs() + HOUR_NS / 60n);
  if (answer.kind !== 'vector') throw new Error(JSON.stringify(answer));
  return answer.series[0]?.points[0]?.[1] ?? 0;
}

describe('npm clients', () => {
  test('pino-loki', async () => {
    const transport = pino.transport({
      target: 'pino-loki',
      options: { host: peer.url, headers, batching: { interval: 1 }, labels: { app: 'pino-app', env: 'test' } },
    });
    const logger = pino({ level: 'debug' }, transport);
    for (let i = 0; i < EVENTS; i++) logger.error({ request_no: i }, `request ${i} failed`);
    const entries = await eventsOf('{app="pino-app"} | json | request_no >= 0', EVENTS);
    transport.end();
    expect(entries[0].labels).toMatchObject({ app: 'pino-app', env: 'test', level: 'error', service_name: 'pino-app' });
    expect(entries.map(({ parsed }) => Number(parsed?.request_no)).toSorted((a, b) => a - b)[EVENTS - 1]).toBe(
      EVENTS - 1,
    );
    expect(await countOf('sum(count_over_time({app="pino-app"} |= "failed" [10m]))')).toBe(EVENTS);
  });

  test.each([
    ['protobuf', false],
    ['json', true],
  ])('winston-loki, %s', async (encoding, json) => {
    const app = `winston-${encoding}`;
    const format = winston.format.json();
    const transport = new LokiTransport({ host: peer.url, json, headers, interval: 1, labels: { app }, format });
    const logger = winston.createLogger({ level: 'debug', transports: [transport] });
    for (let i = 0; i < EVENTS; i++) logger.warn(`job ${i} slow`, { job_no: i });
    const entries = await eventsOf(`{app="${app}"} | json | job_no < 10`, 10);
    logger.close();
    expect(entries[0].labels).toMatchObject({ app, level: 'warn' });
    expect(await countOf(`sum by (level) (count_over_time({app="${app}"}[10m]))`)).toBe(EVENTS);
  });

  test('@myunisoft/loki pushes and asks', async () => {
    const api = new GrafanaApi({
      authentication: { type: 'bearer', token: ADMIN_KEY },
      remoteApiURL: new URL(`${peer.url}/`),
    });
    const values = Array.from({ length: EVENTS }, (_, i): [string, string] => [
      String(nowNs() + BigInt(i)),
      `GET /item/${i} 200`,
    ]);
    await api.Loki.push([{ stream: { app: 'myunisoft', env: 'test' }, values }]);
    await eventsOf('{app="myunisoft"}', EVENTS);
    const { logs } = await api.Loki.queryRange('{app="myunisoft"} |= "/item/7"', { start: '1h', limit: 10 });
    expect(logs).toEqual(['GET /item/7 200']);
    const { streams } = await api.Loki.queryRangeStream('{app="myunisoft"}', { limit: 5 });
    expect(streams[0].labels).toMatchObject({ app: 'myunisoft', env: 'test' });
    expect(streams.flatMap((stream) => stream.values)).toHaveLength(5);
    const { metrics } = await api.Loki.queryRangeMatrix('sum by (env) (count_over_time({app="myunisoft"}[1h]))');
    expect(metrics[0].labels).toEqual({ env: 'test' });
    expect(await api.Loki.labels()).toEqual(expect.arrayContaining(['app', 'env', 'service_name']));
    expect(await api.Loki.labelValues('env', { query: '{app="myunisoft"}' })).toEqual(['test']);
    // Its `series` sends no credentials.
  });
});

/** LOGCLI names the program where it is not on PATH. */
function findLogcli() {
  const named = process.env.LOGCLI;
  if (named !== undefined && existsSync(named)) return { path: named, isMissing: false, why: '' };
  return program('logcli');
}

const logcli = findLogcli();
const APP = 'logcli-app';
const LINES = 120;

describe.skipIf(logcli.isMissing)(`logcli${logcli.why}`, () => {
  /** What it prints; it prints what it asks on stderr. */
  async function run(...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(logcli.path, ['--quiet', ...globalFlags(), ...args]);
    return stdout;
  }
  const globalFlags = () => [`--addr=${peer.url}`, `--bearer-token=${ADMIN_KEY}`, '--timezone=UTC'];
  const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');

  test('queries, page by page', async () => {
    const startNs = nowNs() - HOUR_NS / 2n;
    const entries = Array.from({ length: LINES }, (_, i) => ({
      // Three of each time: pages must neither lose nor repeat them.
      nanos: startNs + BigInt(Math.floor(i / 3)) * NANOS_PER_MS,
      line: `level=${i % 2 === 0 ? 'info' : 'error'} n=${i} took=${i}ms`,
      metadata: { shard: `s${i % 4}` },
    }));
    await push(server(), [{ labels: { app: APP, env: 'test' }, entries }]);
    const numbers = (text: string) => linesOf(text).map((line) => Number(/n=(\d+)/.exec(line)?.[1]));
    const all = Array.from({ length: LINES }, (_, i) => i);
    const selector = `{app="${APP}"}`;

    const paged = await run('query', selector, '--limit=1000', '--batch=25', '--output=raw', '--since=1h');
    expect(numbers(paged).toSorted((a, b) => a - b)).toEqual(all);
    const forward = await run(
      'query',
      selector,
      '--limit=1000',
      '--batch=25',
      '--forward',
      '--output=raw',
      '--since=1h',
    );
    expect(numbers(forward).toSorted((a, b) => a - b)).toEqual(all);
    const newest = await run('query', selector, '--limit=3', '--output=raw', '--since=1h');
    expect(numbers(newest).toSorted((a, b) => a - b)).toEqual([LINES - 3, LINES - 2, LINES - 1]);
    const filtered = await run(
      'query',
      `${selector} |= "error" | logfmt | took > 100ms`,
      '--limit=500',
      '--output=jsonl',
      '--since=1h',
    );
    expect(linesOf(filtered)).toHaveLength(all.filter((i) => i % 2 === 1 && i > 100).length);
    // Labels that all lines have are printed once, without them.
    const found = linesOf(filtered).map((line) => Number(JSON.parse(line).labels.n));
    expect(Math.max(...found)).toBe(LINES - 1);

    const instant = JSON.parse(await run('instant-query', `sum by (shard) (count_over_time(${selector}[1h]))`));
    expect(instant.map(({ metric, value }: { metric: object; value: string[] }) => [metric, value[1]])).toEqual(
      ['s0', 's1', 's2', 's3'].map((shard) => [{ shard }, '30']),
    );
    const matrix = JSON.parse(await run('query', `sum(count_over_time(${selector}[1h]))`, '--since=1h', '--step=10m'));
    expect(matrix[0].metric).toEqual({});
    expect(matrix[0].values.at(-1)[1]).toBe(String(LINES));
  });

  test('labels, series, statistics, volumes and fields', async () => {
    const selector = `{app="${APP}"}`;
    expect(linesOf(await run('labels'))).toEqual(expect.arrayContaining(['app', 'env', 'service_name']));
    expect(linesOf(await run('labels', 'app'))).toContain(APP);
    expect(await run('series', selector)).toContain(`app="${APP}"`);
    expect(await run('series', '--analyze-labels', selector)).toMatch(/Unique Labels:\s+\d/);
    expect(await run('stats', selector)).toMatch(/entries: 120/i);
    const [volume] = JSON.parse(await run('volume', selector));
    expect(volume.metric).toEqual({ app: APP });
    const volumes = JSON.parse(await run('volume_range', selector, '--step=10m'));
    expect(volumes[0].metric).toEqual({ app: APP });
    expect(await run('detected-fields', selector)).toMatch(/took.*duration/s);
  });

  test('it formats queries', async () => {
    const child = spawn(logcli.path, [...globalFlags(), 'fmt'], { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin.end('sum(rate({app="a"}|="x"[5m]))by(app)');
    expect(await text(child)).toContain('sum by (app)');
  });

  test('it follows what comes', async () => {
    const flags = [...globalFlags(), 'query', '{app="tailed"}', '--tail', '--output=raw'];
    const child = spawn(logcli.path, flags, { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      printed += more;
    });
    for (let i = 0; !printed.includes(`line ${i - 1}`) || i < 5; i++) {
      if (i > 200) throw new Error(`nothing came: ${printed}`);
      await push(server(), [{ labels: { app: 'tailed' }, entries: [{ nanos: nowNs(), line: `line ${i}` }] }]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(linesOf(printed).every((line) => line.startsWith('line '))).toBe(true);
  });
});

async function text(child: ChildProcess): Promise<string> {
  let output = '';
  for await (const chunk of child.stdout!) output += String(chunk);
  return output;
}
