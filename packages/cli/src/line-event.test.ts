import { expect, test } from 'vitest';
import { eventOfLine } from './line-event.ts';
import { LineSplitter } from './line-splitter.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const timestamp = '2026-01-02T03:04:05.006Z';
const source = { service: 'web', stream: 'stdout' } as const;
const eventOf = (line: string) => JSON.parse(eventOfLine(line, source, NOW)!) as unknown;

test.each([
  ['plain text', 'hello  world ', 'hello  world'],
  ['half an object', '{"message":"a"', '{"message":"a"'],
  ['no JSON', '{message: a}', '{message: a}'],
  ['an array', '[1,2]', '[1,2]'],
  ['a string', '"text"', '"text"'],
  ['colours', '\u001b[32mready\u001b[39m in \u001b[1m120 ms\u001b[22m', 'ready in 120 ms'],
  ['a carriage return at the end', 'windows\r', 'windows'],
  ['progress', '10%\r50%\rdone', 'done'],
])('%s is a message', (_, line, message) => {
  expect(eventOf(line)).toEqual({ timestamp, message, service: 'web', stream: 'stdout' });
});

test.each(['', '  ', '\r', '\u001b[0m'])('nothing to see in %j', (line) => {
  expect(eventOfLine(line, source, NOW)).toBeNull();
});

test('an object keeps its text, and gets what it does not say itself', () => {
  const line = '  {"id":12345678901234567890, "level":"warn","msg":"a"} ';
  expect(eventOfLine(line, source, NOW)).toBe(
    `{"id":12345678901234567890, "level":"warn","msg":"a","timestamp":"${timestamp}","service":"web","stream":"stdout"}`,
  );
  expect(eventOfLine('{}', { service: 'web' }, NOW)).toBe(`{"timestamp":"${timestamp}","service":"web"}`);
});

test.each(['time', 'ts', '@timestamp', '@t', 'Timestamp', 'time_millis', 'timeMillis', '_time'])(
  '%s is a time',
  (name) => {
    const line = JSON.stringify({ [name]: 1, service: { name: 'own' }, stream: 'x' });
    expect(eventOfLine(line, source, NOW)).toBe(line);
  },
);

test.each(['service', 'service.name', 'serviceName', 'service_name'])('%s wins over --service', (name) => {
  expect(eventOf(JSON.stringify({ [name]: 'own' }))).toEqual({ [name]: 'own', timestamp, stream: 'stdout' });
});

function linesOf(...chunks: Buffer[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

test('lines are the same wherever the chunks are cut', () => {
  const bytes = Buffer.from('größe 😀\n\nsecond\r\nlast without an end');
  for (let at = 0; at <= bytes.length; at++) {
    expect(linesOf(bytes.subarray(0, at), bytes.subarray(at))).toEqual(['größe 😀', 'second\r', 'last without an end']);
  }
});

test('a line that never ends is cut, and nothing of it is lost', () => {
  const long = linesOf(...Array.from({ length: 11 }, () => Buffer.alloc(100_000, 'x')), Buffer.from('\nnext'));
  expect(long.map(({ length }) => length)).toEqual([262_144, 262_144, 262_144, 262_144, 51_424, 4]);
});
