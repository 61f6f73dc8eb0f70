import { expect, test } from 'vitest';
import { parseTraceParent } from './trace-parent.ts';

const TRACE = 'c8ec1a0c0df90dfb8b29ab1e9da897e5';
const SPAN = '3fe0e800bf4abb5f';

test.each([
  [`00-${TRACE}-${SPAN}-01`, true],
  [` 00-${TRACE}-${SPAN}-00 `, true],
  [`01-${TRACE}-${SPAN}-01-later`, true],
  [`00-${TRACE}-${SPAN}-01-later`, false],
  [`ff-${TRACE}-${SPAN}-01`, false],
  [`00-${'0'.repeat(32)}-${SPAN}-01`, false],
  [`00-${TRACE}-${'0'.repeat(16)}-01`, false],
  [`00-${TRACE.toUpperCase()}-${SPAN}-01`, false],
  [`00-${TRACE}-01`, false],
  ['', false],
  [undefined, false],
])('%s', (header, isRead) => {
  expect(parseTraceParent(header)).toEqual(isRead ? { traceId: TRACE, spanId: SPAN } : undefined);
});
