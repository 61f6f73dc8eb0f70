import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PermanentError, RetryableError } from './errors.ts';
import { OwnEvents, withOwnEvents } from './own-events.ts';

let dropped: number;
let bodies: string[];
let fault: Error | null;
let events: OwnEvents;

beforeEach(() => {
  vi.useFakeTimers();
  [dropped, bodies, fault] = [0, [], null];
  events = new OwnEvents({
    onDropped: (count) => {
      dropped += count;
    },
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const submit = async (body: Buffer): Promise<void> => {
  if (fault !== null) throw fault;
  bodies.push(body.toString());
};
const sent = () =>
  bodies.flatMap((body) =>
    body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { message: string; attributes: Record<string, unknown> }),
  );
const messages = () => sent().map(({ message }) => message);
const passed = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('what was said before anybody took it comes first, with its own time', async () => {
  events.note('info', { version: '1' }, 'starts');
  await passed(1000);
  events.start(submit);
  events.note('warn', {}, 'ready');
  await passed(1000);
  expect(bodies).toHaveLength(1);
  expect(sent()[0]).toMatchObject({
    timestamp: new Date(Date.now() - 2000).toISOString(),
    severity: 'info',
    message: 'starts',
    service: 'tailwater',
    log_type: 'deployment',
    attributes: { version: '1' },
  });
  expect(messages()).toEqual(['starts', 'ready']);
});

test('the same message counts its repetitions for a minute', async () => {
  events.start(submit);
  for (let second = 0; second < 90; second++) {
    events.note('error', {}, 'again');
    await passed(1000);
  }
  expect(sent().map(({ attributes }) => attributes)).toEqual([{}, { repeated: 59 }]);
  expect(dropped).toBe(0);
});

test('different messages are bounded too', async () => {
  events.start(submit);
  for (let i = 0; i < 300; i++) events.note('error', {}, `message ${i}`);
  await passed(61_000);
  events.note('error', {}, 'message 300');
  await passed(1000);
  expect(messages()).toHaveLength(202);
  expect(dropped).toBe(100);
  expect(messages()[0]).toMatch(/^messages of the server were left out/);
  expect(sent()[0]!.attributes).toEqual({ count: 100 });
});

test('what cannot be taken now is kept up to a number, newest first, and sent in order', async () => {
  fault = new RetryableError('journal_unavailable', 'the disk is gone', 1);
  events.start(submit);
  for (let i = 0; i < 600; i++) {
    events.note('error', {}, `message ${i}`);
    await passed(500);
  }
  expect(dropped).toBe(100);
  fault = null;
  await passed(10_000);
  const kept = messages().filter((message) => message.startsWith('message '));
  expect(kept[0]).toBe('message 100');
  expect(kept).toHaveLength(500);
  expect(kept.at(-1)).toBe('message 599');
});

test('what is refused for good is counted and gone', async () => {
  fault = new PermanentError('payload_too_large', 'no');
  events.start(submit);
  events.note('info', {}, 'one');
  await passed(1000);
  fault = null;
  events.note('info', {}, 'two');
  await passed(10_000);
  expect(dropped).toBe(1);
  expect(messages()).toEqual([expect.stringMatching(/left out/), 'two']);
});

test('closing sends what waits, takes no more, and does not wait for ever', async () => {
  events.start(submit);
  events.note('info', {}, 'last');
  await events.close();
  events.note('info', {}, 'too late');
  await passed(1000);
  expect(messages()).toEqual(['last']);
  const stuck = new OwnEvents({ onDropped: () => {} });
  stuck.start(() => new Promise(() => {}));
  stuck.note('info', {}, 'x');
  const closed = stuck.close();
  await passed(1000);
  await closed;
});

test('errors under their names; the words of one that a request met stay on stderr', async () => {
  const said: string[] = [];
  const say = (_details: unknown, message: string) => said.push(message);
  const log = withOwnEvents({ debug: say, info: say, warn: say, error: say, milestone: say }, events);
  events.start(submit);
  log.debug({}, 'nobody needs');
  log.milestone({ port: 4318 }, 'open');
  log.warn({ err: new PermanentError('conflict', 'taken') }, 'closed');
  log.error({ err: new TypeError('words of acme'), request_id: 'r1' }, 'a request failed');
  log.error({ err: new TypeError('our own'), integration: 'i1' }, 'died');
  await passed(1000);
  expect(said).toEqual(['nobody needs', 'open', 'closed', 'a request failed', 'died']);
  expect(sent().map(({ attributes }) => attributes)).toEqual([
    { port: 4318 },
    { 'exception.type': 'PermanentError', 'error.code': 'conflict', 'exception.message': 'taken' },
    { request_id: 'r1', 'exception.type': 'TypeError' },
    {
      integration: 'i1',
      'exception.type': 'TypeError',
      'exception.message': 'our own',
      'exception.stacktrace': expect.stringContaining('own-events.test'),
    },
  ]);
});
