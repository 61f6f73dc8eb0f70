import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createGuard } from './guard.ts';
import { retryDelayMs, Sender } from './sender.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('location', { origin: 'https://shop.example' });
  vi.stubGlobal('localStorage', undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

type Answer = number | 'away' | 'refused' | 'silent' | 'throws' | { status: number; retryAfter: string };

/** A sender whose server gives these answers, one after another and then 204; without storage and beacons. */
function senderWith(answers: Answer[], queueMax = 200) {
  const bodies: string[] = [];
  const times: number[] = [];
  const send = (init: RequestInit): Promise<Response> | Response => {
    const isProbe = init.mode === 'no-cors';
    const answer = answers[0] ?? 204;
    if (!isProbe) {
      bodies.push(String(init.body));
      times.push(Date.now());
    }
    // Of what has no answer, the request that follows it is the last.
    if ((answer === 'away' || answer === 'refused') === isProbe) answers.shift();
    if (answer === 'throws') throw new Error('a wrapper of fetch');
    if (answer === 'refused' && isProbe) return new Response();
    if (answer === 'away' || answer === 'refused') return Promise.reject(new TypeError('Failed to fetch'));
    if (answer === 'silent') {
      return new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(init.signal?.reason)));
    }
    const { status, retryAfter } = typeof answer === 'number' ? { status: answer, retryAfter: '' } : answer;
    return new Response(null, { status, headers: { 'retry-after': retryAfter } });
  };
  const sender = new Sender({
    endpoint: 'https://tailwater.example/api/browser/logs?key=k',
    prefix: 'tailwater.queue.web.',
    pageId: 'p',
    queueMax,
    flushIntervalMs: 2_000,
    guard: createGuard(),
    fetch: (_, init) => {
      const answer = send(init!);
      return answer instanceof Response ? Promise.resolve(answer) : answer;
    },
    lostLine: (count) => `lost ${count}`,
  });
  return { sender, bodies, times };
}

const pushAll = (sender: Sender, count: number) => {
  for (let n = 0; n < count; n++) sender.push(`n${n}`);
};
const lines = (bodies: readonly string[]) => bodies.map((body) => body.split('\n').length);

test.each([
  [1, 0, 250],
  [1, 1, 1_250],
  [2, 0.5, 1_250],
  [10, 1, 30_250],
  [1_000, 1, 30_250],
])('after %i failures, by chance %d: %i ms', (failures, random, expected) => {
  expect(retryDelayMs(failures, random)).toBe(expected);
});

test('a few events wait for others; a batch is sent at once', async () => {
  const { sender, bodies } = senderWith([]);
  pushAll(sender, 3);
  await vi.advanceTimersByTimeAsync(1_999);
  expect(bodies).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(bodies).toEqual(['n0\nn1\nn2']);
  pushAll(sender, 120);
  await vi.advanceTimersByTimeAsync(0);
  expect(lines(bodies)).toEqual([3, 50, 50, 20]);
  expect(sender.counts()).toEqual({ sent: 123, waiting: 0, lost: 0, stopped: '' });
});

test('a batch has 15 KB at most', async () => {
  const { sender, bodies } = senderWith([]);
  for (let n = 0; n < 10; n++) sender.push('x'.repeat(4_000));
  await vi.advanceTimersByTimeAsync(0);
  expect(lines(bodies)).toEqual([3, 3, 3, 1]);
});

test.each<Answer>([429, 500, 503, 507, 408, 'away', 'throws', 'silent'])('%s is tried again', async (answer) => {
  const { sender, bodies } = senderWith([answer]);
  pushAll(sender, 2);
  await vi.advanceTimersByTimeAsync(40_000);
  expect(bodies).toEqual(['n0\nn1', 'n0\nn1']);
  expect(sender.counts()).toEqual({ sent: 2, waiting: 0, lost: 0, stopped: '' });
});

test('never before Retry-After', async () => {
  const { sender, times } = senderWith([{ status: 503, retryAfter: '20' }]);
  pushAll(sender, 2);
  await vi.advanceTimersByTimeAsync(10_000);
  pushAll(sender, 60);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(20_000);
  expect(sender.counts()).toMatchObject({ sent: 62, waiting: 0 });
});

test.each([
  [400, 5],
  [415, 5],
])('%i is not: all are lost and counted, and the server is told', async (status, lost) => {
  const { sender, bodies } = senderWith([status]);
  pushAll(sender, 5);
  await sender.flush();
  sender.push('next');
  await sender.flush();
  sender.push('last');
  await sender.flush();
  expect(bodies.slice(1)).toEqual([`lost ${lost}\nnext`, 'last']);
  expect(sender.counts()).toEqual({ sent: 2, waiting: 0, lost, stopped: '' });
});

test('413: halves, and what is too large alone is lost', async () => {
  const { sender, bodies } = senderWith([413, 413, 413, 204]);
  pushAll(sender, 4);
  expect(await sender.flush()).toBe(true);
  expect(bodies).toEqual(['n0\nn1\nn2\nn3', 'n0\nn1', 'n0', 'lost 1\nn1', 'n2', 'n3']);
  expect(sender.counts()).toEqual({ sent: 3, waiting: 0, lost: 1, stopped: '' });
});

test.each([401, 403, 404])('%i: said once, and nothing more is sent', async (status) => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  const { sender, bodies } = senderWith([status, status]);
  pushAll(sender, 5);
  expect(await sender.flush()).toBe(false);
  pushAll(sender, 100);
  expect(await sender.flush()).toBe(false);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(bodies).toHaveLength(1);
  expect(warn.mock.calls).toEqual([[expect.stringContaining(`(${status}): it wants a browser key that lists`)]]);
  expect(sender.counts()).toMatchObject({ sent: 0, waiting: 105, stopped: expect.stringContaining('refuses') });
});

test('no readable answer from a server that is there: refused after five in a row, and not before', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  const four: Answer[] = ['refused', 'refused', 'refused', 'refused'];
  const { sender, bodies } = senderWith([...four, 204, ...four, 'refused']);
  sender.push('a');
  await vi.advanceTimersByTimeAsync(60_000);
  expect([sender.counts().sent, sender.stopped]).toEqual([1, '']);
  sender.push('b');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(bodies).toHaveLength(10);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(sender.counts()).toMatchObject({ sent: 1, waiting: 1, lost: 0 });
});

test('offline nothing is tried; online it goes at once', async () => {
  const { sender, bodies } = senderWith([]);
  vi.stubGlobal('navigator', { onLine: false });
  pushAll(sender, 60);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(bodies).toEqual([]);
  vi.stubGlobal('navigator', { onLine: true });
  sender.online();
  await vi.advanceTimersByTimeAsync(0);
  expect(lines(bodies)).toEqual([50, 10]);
});

test('what went before it could be sent is told with the next batch', async () => {
  const { sender, bodies } = senderWith([500], 10);
  pushAll(sender, 25);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(bodies.map((body) => body.split('\n')[0])).toEqual(['lost 15', 'lost 15']);
  expect(sender.counts()).toEqual({ sent: 10, waiting: 0, lost: 15, stopped: '' });
});

test('cleared: what waits is gone, and what was under way does not come back', async () => {
  const { sender, bodies } = senderWith(['silent']);
  pushAll(sender, 60);
  await vi.advanceTimersByTimeAsync(0);
  sender.clear();
  await vi.advanceTimersByTimeAsync(100_000);
  expect(bodies).toHaveLength(1);
  expect(sender.counts()).toMatchObject({ sent: 0, waiting: 0 });
});

/** Storage as browsers have it, shared by the pages of an origin. */
function stubStorage() {
  const values: Record<string, string> = {};
  const area = Object.defineProperties(values, {
    getItem: { value: (name: string) => values[name] ?? null },
    setItem: {
      value: (name: string, value: string) => {
        values[name] = value;
      },
    },
    removeItem: { value: (name: string) => delete values[name] },
  });
  vi.stubGlobal('localStorage', area);
  vi.stubGlobal('window', { localStorage: area });
  return values;
}

test('what waits is stored while requests fail; another page takes it, and the first forgets it', async () => {
  const values = stubStorage();
  const first = senderWith(['away', 'away', 'away', 'away', 'away', 'away']);
  pushAll(first.sender, 5);
  expect(await first.sender.flush()).toBe(false);
  expect(values).toEqual({ 'tailwater.queue.web.p': 'n0\nn1\nn2\nn3\nn4' });
  const second = senderWith([]);
  second.sender.adopt();
  expect(values).toEqual({});
  first.sender.push('own');
  await vi.advanceTimersByTimeAsync(200_000);
  expect(second.bodies).toEqual(['n0\nn1\nn2\nn3\nn4']);
  expect(first.bodies.at(-1)).toBe('own');
  expect(first.sender.counts()).toMatchObject({ sent: 1, waiting: 0, lost: 0 });
  expect(values).toEqual({});
});

test('beacons: split, counted, and what the browser does not take is stored', () => {
  const values = stubStorage();
  const beacons: string[] = [];
  const sendBeacon = (_: string, body: string) => beacons.length < 2 && beacons.push(body) > 0;
  vi.stubGlobal('navigator', { onLine: true, sendBeacon });
  const { sender } = senderWith([]);
  pushAll(sender, 120);
  sender.hide();
  expect(lines(beacons)).toEqual([50, 50]);
  expect(values['tailwater.queue.web.p']!.split('\n')).toHaveLength(20);
  expect(sender.counts()).toMatchObject({ sent: 100, waiting: 20 });
});
