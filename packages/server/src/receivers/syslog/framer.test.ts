import { expect, test } from 'vitest';
import { FRAME_BYTES_MAX, SyslogFramer } from './framer.ts';

/** The messages of bytes that come in pieces of `size`; `!` behind those that were cut. */
function framesOf(bytes: Buffer | string, size: number, after: 'flush' | 'idle' | 'nothing' = 'flush'): string[] {
  const frames: string[] = [];
  const framer = new SyslogFramer((frame, isCut) => frames.push(frame.toString() + (isCut ? '!' : '')));
  const all = Buffer.from(bytes as string);
  for (let p = 0; p < all.length; p += size) framer.push(all.subarray(p, p + size));
  if (after === 'flush') framer.flush();
  if (after === 'idle') framer.flushIdle();
  return frames.map((frame) => frame.replaceAll('\r', ''));
}

const long = '<13>'.padEnd(FRAME_BYTES_MAX + 10, 'x');

test.each([
  ['counted', '5 <1>ab6 <1>a\nb', ['<1>ab', '<1>a\nb']],
  ['line feeds', '<1>a\n<1>b\n', ['<1>a', '<1>b']],
  ['carriage returns', '<1>a\r\n<1>b\r\n', ['<1>a', '<1>b']],
  ['NULs', '<1>a\0<1>b\0', ['<1>a', '<1>b']],
  ['a frame each its own', '4 <1>a<1>b\n<1>c\0\n4 <1>d\n4 <1>e', ['<1>a', '<1>b', '<1>c', '<1>d', '<1>e']],
  ['lines that begin with numbers', '2026-11-21 a\n12 b\n12345678 <1>\n', ['2026-11-21 a', '12 b', '12345678 <1>']],
  ['no end of the last', '<1>a\n<1>b', ['<1>a', '<1>b']],
  ['a counted one that is not complete', '9 <1>abc', ['<1>abc!']],
  ['a count and nothing else', '<1>a\n12 ', ['<1>a']],
  ['nothing', '\n\r\n\0', []],
  ['a line that quotes a header', '<1>a <13>1 2026-11-21T08:00:00Z b\n', ['<1>a <13>1 2026-11-21T08:00:00Z b']],
  [
    'no ends at all',
    '<1>Nov 21 14:00:00 h a<1>Nov  1 14:00:01 h b<1>1 2026-11-21T14:00:00Z h',
    ['<1>Nov 21 14:00:00 h a', '<1>Nov  1 14:00:01 h b', '<1>1 2026-11-21T14:00:00Z h'],
  ],
])('%s', (_, bytes, frames) => {
  for (const size of [1, 2, 3, 5, 1000]) expect(framesOf(bytes, size)).toEqual(frames);
});

test.each([1, 7, 4096, 65_536, 1_000_000])(
  'what is too long is cut, and the next is found, in pieces of %i',
  (size) => {
    const cut = `${long.slice(0, FRAME_BYTES_MAX)}!`;
    expect(framesOf(`<1>a\n${long}\n<1>b\n`, size)).toEqual(['<1>a', cut, '<1>b']);
    expect(framesOf(`${long.length} ${long}4 <1>b`, size)).toEqual([cut, '<1>b']);
    expect(framesOf(`${long}\n<1>b\n`, size)).toEqual([cut, '<1>b']);
  },
);

test('messages without any ends come as they are told apart, none is cut', () => {
  const message = (i: number) => `<14>Nov 21 14:00:00 h p[1]: ${i} ${'x'.repeat(500)}`;
  const sent = Array.from({ length: 400 }, (_, i) => message(i));
  expect(framesOf(sent.join(''), 1000)).toEqual(sent);
});

test('silence ends a line, not a counted frame', () => {
  expect(framesOf('<1>a', 100, 'nothing')).toEqual([]);
  expect(framesOf('<1>a', 100, 'idle')).toEqual(['<1>a']);
  expect(framesOf('9 <1>a', 100, 'idle')).toEqual([]);
  expect(framesOf('9 ', 100, 'idle')).toEqual([]);
});
