import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DEFAULT_LOGQL_SETTINGS } from '../../../control/logql-settings.ts';
import type { AnswerLine } from '../../../query/logql/encode.ts';
import { TailDelay } from './tail-delay.ts';
import { droppedEntry, TailLines, tailFrames } from './tail-lines.ts';
import { lokiTailQuestion } from './tail-question.ts';

const NOW_MS = 1_700_000_000_000;

function ask(query: Record<string, string>, headers: Record<string, string> = {}) {
  const search = new URLSearchParams(query).toString();
  return lokiTailQuestion({ search, headers, settings: DEFAULT_LOGQL_SETTINGS, nowMs: NOW_MS });
}

describe('what is asked', () => {
  test('by Grafana: the query alone', () => {
    const question = ask({ query: '{app="web"} |= "error"' });
    expect(question).toMatchObject({ limit: 100, delayMs: 0, categorizeLabels: false });
    expect(question.startNs).toBe(BigInt(NOW_MS - 3_600_000) * 1_000_000n);
    expect(question.expr).toMatchObject({ kind: 'log', selector: [{ name: 'app', op: '=', value: 'web' }] });
  });

  test('by logcli', () => {
    const question = ask(
      { query: '{app="web"}', delay_for: '2', limit: '30', start: '1699999999000000001' },
      { 'x-loki-response-encoding-flags': 'categorize-labels' },
    );
    expect(question).toMatchObject({ limit: 30, delayMs: 2000, startNs: 1699999999000000001n, categorizeLabels: true });
  });

  test('more lines than the org may have are cut', () => {
    expect(ask({ query: '{app="web"}', limit: '6000' }).limit).toBe(5000);
  });

  test.each<[Record<string, string>, string | RegExp]>([
    [{}, /^parse error/],
    [{ query: '{app="web"' }, /^parse error at line 1, col \d+: /],
    [{ query: '{}' }, /queries require at least one/],
    [{ query: 'rate({app="web"}[1m])' }, 'only log selector is supported'],
    [{ query: '{app="web"}', delay_for: '6' }, "delay_for can't be greater than 5"],
    [{ query: '{app="web"}', delay_for: '-1' }, 'delay_for value -1 is out of range [0, 4294967295]'],
    [{ query: '{app="web"}', delay_for: 'x' }, 'strconv.Atoi: parsing "x": invalid syntax'],
    [{ query: '{app="web"}', limit: '0' }, 'limit must be a positive value'],
    [{ query: '{app="web"}', start: 'x' }, /^could not parse 'start' parameter/],
    [{ query: '{app="web"}', start: '0' }, /^the query time range exceeds the limit/],
  ])('%j is refused: %s', (query, message) => {
    expect(() => ask(query)).toThrow(message);
  });
});

const event = (message: string, labels: Record<string, string>, more: object = {}) => ({
  json: JSON.stringify({ ts_ns: '1700000000000000001', labels: JSON.stringify(labels), service: '', message, ...more }),
});

describe('frames', () => {
  const events = [
    event('{"a":1}', { app: 'web' }, { attributes: { trace: 'x' } }),
    event('it is <b>', { app: 'db' }),
    event('{"a":2}', { app: 'web' }, { user_id: 'u' }),
    event('never', { other: 'web' }),
  ];

  const framesOf = async (query: string, categorize: boolean) => {
    const flags: Record<string, string> = categorize ? { 'x-loki-response-encoding-flags': 'categorize-labels' } : {};
    const question = ask({ query }, flags);
    const lines = new TailLines({ ...question, settings: { ...question.settings, discoverServiceName: false } });
    return tailFrames(await lines.ofEvents(events), question).map((text) => JSON.parse(text) as unknown);
  };

  test('have all labels with the stream', async () => {
    const query = '{app=~".+"} | json | drop __error__, __error_details__, severity, detected_level';
    expect(await framesOf(query, false)).toEqual([
      {
        streams: [
          { stream: { a: '1', app: 'web', trace: 'x' }, values: [['1700000000000000001', '{"a":1}']] },
          { stream: { app: 'db' }, values: [['1700000000000000001', 'it is <b>']] },
          { stream: { a: '2', app: 'web', user_id: 'u' }, values: [['1700000000000000001', '{"a":2}']] },
        ],
      },
    ]);
  });

  test('have labels by category when that is asked', async () => {
    expect(await framesOf('{app="web"} | json | drop severity, detected_level', true)).toEqual([
      {
        streams: [
          {
            stream: { app: 'web' },
            values: [['1700000000000000001', '{"a":1}', { structuredMetadata: { trace: 'x' }, parsed: { a: '1' } }]],
          },
          {
            stream: { app: 'web' },
            values: [['1700000000000000001', '{"a":2}', { structuredMetadata: { user_id: 'u' }, parsed: { a: '2' } }]],
          },
        ],
        encodingFlags: ['categorize-labels'],
      },
    ]);
  });

  test('are made in turns that let others through', async () => {
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const many = Array.from({ length: 5000 }, (_, i) => event(`{"a":${i}}`, { app: 'web' }));
    expect(await new TailLines(ask({ query: '{app="web"} | json' })).ofEvents(many)).toHaveLength(5000);
    isDone = true;
    expect(turns).toBeGreaterThan(1);
  });

  test('hold a hundred lines, and the first tells what was dropped', () => {
    const lines = Array.from({ length: 250 }, (_, i) => lineAt(i));
    const dropped = [
      droppedEntry({ count: 7, atMost: false }, NOW_MS),
      droppedEntry({ count: null, atMost: false }, 1),
    ];
    const frames = tailFrames(lines, { categorizeLabels: false }, dropped).map((text) => JSON.parse(text));
    expect(frames.map(({ streams }) => streams.length)).toEqual([100, 100, 50]);
    expect(frames.map(({ dropped_entries }) => dropped_entries)).toEqual([
      [
        { labels: { dropped_events: 'at most 7' }, timestamp: '1700000000000000000' },
        { labels: { dropped_events: 'unknown' }, timestamp: '1000000' },
      ],
      undefined,
      undefined,
    ]);
  });

  test('are cut by size too', () => {
    const lines = Array.from({ length: 10 }, (_, i) => lineAt(i, 'x'.repeat(400_000)));
    expect(tailFrames(lines, { categorizeLabels: false })).toHaveLength(4);
  });
});

function lineAt(timeMs: number, line = `at ${timeMs}`, timeNs = 0): AnswerLine {
  return { timeMs, timeNs, labels: { line, stream: [['app', 'web']], metadata: [], parsed: [] } };
}

describe('lines held back', () => {
  let nowMs = 0;
  let sent: string[][] = [];
  let delay: TailDelay;

  beforeEach(() => {
    vi.useFakeTimers();
    nowMs = 10_000;
    sent = [];
  });
  afterEach(() => {
    delay.close();
    vi.useRealTimers();
  });

  function start(delayMs: number): void {
    delay = new TailDelay({
      delayMs,
      nowMs: () => nowMs,
      send: async (lines) => void sent.push(lines.map(({ labels }) => labels.line)),
      onFault: (error) => expect.unreachable(String(error)),
    });
  }

  async function pass(ms: number): Promise<void> {
    nowMs += ms;
    await vi.advanceTimersByTimeAsync(ms);
  }

  test('without a delay none is', async () => {
    start(0);
    await delay.push([lineAt(12_000), lineAt(11_000)]);
    expect(sent).toEqual([['at 12000', 'at 11000']]);
  });

  test('go out in the order of time once they are old enough', async () => {
    start(1000);
    await delay.push([lineAt(9_050, 'old'), lineAt(9_500, 'b', 1), lineAt(9_500, 'c', 1), lineAt(9_400, 'a')]);
    await delay.push([lineAt(9_500, 'before b'), lineAt(9_900, 'd')]);
    expect(sent).toEqual([]);
    await pass(100);
    expect(sent).toEqual([['old']]);
    await pass(500);
    expect(sent.flat()).toEqual(['old', 'a', 'before b', 'b', 'c']);
    await pass(1000);
    expect(sent.flat().at(-1)).toBe('d');
  });

  test('too many go out early', async () => {
    start(5000);
    await delay.push(Array.from({ length: 10_003 }, (_, i) => lineAt(9_000 + i)));
    expect(sent).toEqual([['at 9000', 'at 9001', 'at 9002']]);
    await delay.push([lineAt(1_000_000, 'x'.repeat(9 << 20))]);
    expect(sent.flat()).toHaveLength(10_004);
  });
});
