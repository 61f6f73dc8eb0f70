import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodeForTest } from '../util/test-batch.ts';
import { decodeFile } from './decode.ts';

const FIXTURES = new URL('./fixtures/', import.meta.url);

/** Decodes as the ingest worker does. `consumed` is what the receiver goes on by. */
function decode(body: string | Buffer, query = 'multiline=auto', limits = {}) {
  let consumed = -1;
  const decoded = decodeForTest((batch) => {
    const request = { format: 'lines', query, params: {}, receivedAtMs: 0 };
    consumed = Number(decodeFile(Buffer.from(body as string), batch, request));
  }, limits);
  return { ...decoded, consumed };
}
const messages = (body: string, query?: string) => decode(body, query).events?.map(({ message }) => message);
const all = (body: string) => messages(body, 'multiline=auto&last=1');

test.each(readdirSync(FIXTURES))('fixture %s', async (name) => {
  const folder = new URL(`${name}/`, FIXTURES);
  const input = readdirSync(folder).find((file) => file.startsWith('input.'))!;
  const { events, rejections } = decode(readFileSync(new URL(input, folder)), 'multiline=auto&last=1');
  const expected = new URL('expected.json', folder).pathname;
  await expect(`${JSON.stringify({ events, rejections }, null, 2)}\n`).toMatchFileSnapshot(expected);
});

test('the last event is held back: it may go on', () => {
  expect(decode('a\nb\nc\n')).toMatchObject({ events: [{ message: 'a' }, { message: 'b' }], consumed: 4 });
  expect(decode('a\nb\n', 'multiline=off')).toMatchObject({ consumed: 4 });
  expect(decode('a\n{"message":"b"}\n').consumed).toBe(18);
  expect(decode('a\n', 'multiline=auto&last=1')).toMatchObject({ events: [{ message: 'a' }], consumed: 2 });
});

test.each([
  ['Java', 'java.lang.E: x\n\tat a.B.c(D.java:1)\n\t... 3 more\nCaused by: java.E: y\n\tat q.R.s(T.java:2)'],
  ['.NET', 'System.E: x\n   at A.B() in /a.cs:line 1\n--- End of stack trace ---\n   at C.D()'],
  ['Node', "Error: x\n    at a (/b.js:1:2)\n    at c {\n  code: 'E1',\n  [cause]: Error: y\n      at d (/e.js:3:4)\n}"],
  ['Python', 'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    f()\nValueError: x'],
  [
    'Python, chained',
    'Traceback (most recent call last):\n  File "a"\nKeyError: 1\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "b"\nValueError: x',
  ],
  [
    'Go',
    'panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:3 +0x1d\n\ngoroutine 2 [select]:\nmain.f(0x1)\n\t/a.go:9 +0x2\ncreated by main.main\n\t/a.go:1 +0x3',
  ],
  ['Ruby', "a.rb:1:in `f': x (E)\n\tfrom b.rb:2:in `g'\n\tfrom c.rb:3"],
  ['PHP', 'PHP Fatal error: x in /a.php:1\nStack trace:\n#0 /b.php(2): f()\n#1 {main}\n  thrown in /a.php on line 1'],
])('a trace of %s is one event, its neighbours are others', (_, trace) => {
  expect(all(`before\n${trace}\nafter\nmore\n`)).toEqual(['before', trace, 'after', 'more']);
  const cri = (text: string) =>
    text
      .split('\n')
      .map((line, i) => `2026-11-21T08:00:00.${100 + i}Z stderr F ${line}\n`)
      .join('');
  expect(all(cri(`before\n${trace}\nafter`))).toEqual(['before', trace, 'after']);
  const docker = (text: string) =>
    text
      .split('\n')
      .map((line) => `${JSON.stringify({ log: `${line}\n`, stream: 'stderr', time: '2026-11-21T08:00:00Z' })}\n`)
      .join('');
  expect(all(docker(`before\n${trace}\nafter`))).toEqual(['before', trace, 'after']);
});

test('wherever a trace is cut, reading on behind what was consumed gives the same events', () => {
  const cri = (stream: string, tag: string, text: string) => `2026-11-21T08:00:00Z ${stream} ${tag} ${text}\n`;
  const file =
    cri('stdout', 'F', 'one') +
    cri('stderr', 'P', 'part') +
    cri('stdout', 'F', 'two') +
    cri('stderr', 'P', 'ly ') +
    cri('stdout', 'F', 'E: x') +
    cri('stderr', 'F', 'whole') +
    cri('stdout', 'F', '\tat a.b(C)') +
    cri('stderr', 'F', 'four') +
    cri('stdout', 'F', '\tat d.e(F)') +
    cri('stdout', 'F', 'five');
  const whole = all(file)!.toSorted();
  expect(whole).toEqual(['E: x\n\tat a.b(C)\n\tat d.e(F)', 'five', 'four', 'one', 'partly whole', 'two']);
  for (let cut = 1; cut < file.length; cut++) {
    const first = decode(file.slice(0, file.lastIndexOf('\n', cut) + 1));
    const rest = decode(file.slice(first.consumed), 'multiline=auto&last=1');
    expect([...first.events!, ...rest.events!].map(({ message }) => message as string).toSorted()).toEqual(whole);
  }
});

test('a pattern of one’s own begins an event', () => {
  const query = new URLSearchParams({ start: String.raw`^\d{4}-`, last: '1' }).toString();
  expect(messages('2026-a\nx\n\n  y\n2026-b\n', query)).toEqual(['2026-a\nx\n\n  y', '2026-b']);
});

test('logfmt: fields and attributes', () => {
  const line =
    'ts=2026-11-21T08:00:00Z level=warn msg="a \\"b\\"\\n" user_id=7 took=1.5 path=/x?a=b empty= trace_id=abc';
  expect(decode(`${line}\n`, '').events).toEqual([
    {
      timestamp: '2026-11-21T08:00:00.000000000Z',
      severityNumber: 13,
      message: 'a "b"\n',
      userId: '7',
      traceId: 'abc',
      attributes: { took: '1.5 (number)', path: '/x?a=b', empty: '' },
    },
  ]);
});

test.each(['a=b', 'see a=1 b=2', 'a=1 b', 'a="x" b="y', '{"a":1', '{"a":1} x}', '{a}', 'a==1 "b"=2'])(
  '%s stays text',
  (line) => {
    expect(messages(`${line}\n`, '')).toEqual([line]);
  },
);

test('labels, service and host; what the event says itself wins', () => {
  const query = 'service=web&host=box&label=k8s.pod.name%3Dp&label=a%3Db%3Dc';
  const [own, other] = decode('{"service":"x","level":"error"}\nWARN y\n', query).events!;
  expect(own).toMatchObject({
    service: 'x',
    host: 'box',
    severityNumber: 17,
    labels: { a: 'b=c', 'k8s.pod.name': 'p' },
  });
  expect(other).toMatchObject({ service: 'web', severityNumber: 13, message: 'WARN y' });
});

test.each([
  ['2026-11-21 08:00:00,123 INFO x', '2026-11-21T08:00:00.123000000Z'],
  ['[2026-11-21T08:00:00+01:00] x', '2026-11-21T07:00:00.000000000Z'],
  ['2026-11-21T08:00:00Z', '2026-11-21T08:00:00.000000000Z'],
  ['2026-11-21T08:00:00-0500 x', '2026-11-21T13:00:00.000000000Z'],
  ['2026-11-21 x', undefined],
  ['x 2026-11-21T08:00:00Z', undefined],
])('the time of %j', (line, timestamp) => {
  expect(decode(`${line}\n`, '').events?.[0]?.timestamp).toBe(timestamp);
});

test('a line over the limit takes no neighbours with it', () => {
  const { events, rejections, consumed } = decode(`a\n${'x'.repeat(300)}\nb\n`, '', { eventBytesMax: 200 });
  expect(events).toHaveLength(2);
  expect(rejections).toMatchObject([{ index: 1, code: 'event_too_large' }]);
  expect(consumed).toBe(305);
});

test('more lines than a batch may hold come with the next body', () => {
  expect(decode('a\nb\nc\nd\n', '', { batchEventsMax: 3 })).toMatchObject({ events: [{}, {}, {}], consumed: 6 });
});
