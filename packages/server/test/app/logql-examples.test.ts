import { beforeAll, describe, expect, inject, test } from 'vitest';
import type { Answer } from '../support/loki/answers.ts';
import { type LokiServer, push, queryInstant, queryRange } from '../support/loki/http-client.ts';
import { makeLokiOrg } from '../support/loki/orgs.ts';
import { request } from '../support/server.ts';
import '../support/shared-server.ts';

/** The queries that teams ask for by name: over events that a Loki client pushed, and over the platform's own events. */
const MS = 1_000_000n;
const MINUTE_MS = 60_000;
const END_MS = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
const at = (secondsAgo: number): number => END_MS - secondsAgo * 1000;

interface Sample {
  service: string;
  user: string;
  level: string;
  text: string;
  durationMs: number;
  secondsAgo: number;
}

const SAMPLES: readonly Sample[] = [
  {
    service: 'agno-knowledge',
    user: 'user-123',
    level: 'error',
    text: 'error: no index',
    durationMs: 1500,
    secondsAgo: 250,
  },
  { service: 'agno-knowledge', user: 'user-123', level: 'info', text: 'indexed', durationMs: 200, secondsAgo: 200 },
  {
    service: 'agno-knowledge',
    user: 'user-456',
    level: 'error',
    text: 'error: timeout',
    durationMs: 3000,
    secondsAgo: 150,
  },
  {
    service: 'agno-knowledge',
    user: 'user-456',
    level: 'error',
    text: 'an error again',
    durationMs: 900,
    secondsAgo: 100,
  },
  { service: 'auth', user: 'user-456', level: 'info', text: 'logged in', durationMs: 100, secondsAgo: 90 },
  { service: 'auth', user: 'user-123', level: 'info', text: 'logged in', durationMs: 300, secondsAgo: 80 },
];

const { url } = inject('sharedServer');
let pushed: LokiServer;
let platform: LokiServer;

/** As a Loki client sends them: stream labels, and JSON in the line. */
function pushOf({ service, user, level, text, durationMs, secondsAgo }: Sample) {
  const line = JSON.stringify({ level, msg: text, duration: durationMs, duration_ms: durationMs });
  return { labels: { app: service, user_id: user }, entries: [{ nanos: BigInt(at(secondsAgo)) * MS, line }] };
}

/** As the platform's services send them to `POST /api/logs`. */
function eventOf({ service, user, level, text, durationMs, secondsAgo }: Sample) {
  const timestamp = new Date(at(secondsAgo)).toISOString();
  return { service, user_id: user, severity: level, message: text, duration_ms: durationMs, timestamp, log_type: 'kb' };
}

beforeAll(async () => {
  pushed = await makeLokiOrg({ url }, 'pushed', {});
  platform = await makeLokiOrg({ url }, 'platform', {});
  await push(pushed, SAMPLES.map(pushOf));
  const body = SAMPLES.map((sample) => JSON.stringify(eventOf(sample))).join('\n');
  const answer = await request({ url }, '/api/logs?ack=stored', { method: 'POST', org: 'platform', body });
  expect(answer.status).toBeLessThan(300);
});

async function texts(server: LokiServer, query: string): Promise<string[]> {
  const answer = await queryRange(server, { query, startNs: BigInt(at(300)) * MS, endNs: BigInt(END_MS) * MS });
  if (answer.kind !== 'logs') throw new Error(JSON.stringify(answer));
  return answer.entries.map(({ line }) => (line.startsWith('{') ? (JSON.parse(line) as { msg: string }).msg : line));
}

async function values(server: LokiServer, query: string): Promise<Record<string, number>> {
  const answer: Answer = await queryInstant(server, query, BigInt(END_MS) * MS);
  if (answer.kind !== 'vector') throw new Error(JSON.stringify(answer));
  return Object.fromEntries(
    answer.series.map(({ labels, points }) => [Object.values(labels).join(), Math.round(points[0][1])]),
  );
}

const ERRORS = ['error: no index', 'error: timeout', 'an error again'];
const BY_USER = { 'user-123': 1, 'user-456': 2 };
const P95 = { 'agno-knowledge': 2775, auth: 290 };

describe('events of Loki clients', () => {
  // The level in the line has the word too.
  test.each<[string, string[]]>([
    ['{app="agno-knowledge"} |= "error"', ERRORS],
    ['{app="agno-knowledge", user_id="user-123"}', ['error: no index', 'indexed']],
    ['{app="agno-knowledge"} | json | duration > 1000', ['error: no index', 'error: timeout']],
  ])('%s', async (query, expected) => {
    expect(await texts(pushed, query)).toEqual(expected);
  });

  test.each<[string, Record<string, number>]>([
    ['sum(count_over_time({app="agno-knowledge"} |= "error" [5m])) by (user_id)', BY_USER],
    ['quantile_over_time(0.95, {service_name=~".+"} | json | unwrap duration_ms [5m]) by (service_name)', P95],
  ])('%s', async (query, expected) => {
    expect(await values(pushed, query)).toEqual(expected);
  });
});

describe('events of the platform: fields are there without a parser', () => {
  test.each<[string, string[]]>([
    ['{service_name="agno-knowledge"} |= "error"', ERRORS],
    ['{service_name="agno-knowledge", user_id="user-123"}', ['error: no index', 'indexed']],
    ['{service_name="agno-knowledge"} | duration_ms > 1000', ['error: no index', 'error: timeout']],
    ['{log_type="kb", severity="error"} | user_id="user-456"', ['error: timeout', 'an error again']],
  ])('%s', async (query, expected) => {
    expect(await texts(platform, query)).toEqual(expected);
  });

  test.each<[string, Record<string, number>]>([
    ['sum(count_over_time({service_name="agno-knowledge"} |= "error" [5m])) by (user_id)', BY_USER],
    ['quantile_over_time(0.95, {service_name=~".+"} | unwrap duration_ms [5m]) by (service_name)', P95],
  ])('%s', async (query, expected) => {
    expect(await values(platform, query)).toEqual(expected);
  });

  test('text is no JSON: as on Loki, the query fails rather than leaving the lines out', async () => {
    const query = 'quantile_over_time(0.95, {service_name=~".+"} | json | unwrap duration_ms [5m]) by (service_name)';
    await expect(values(platform, query)).rejects.toThrow('JSONParserErr');
  });
});
