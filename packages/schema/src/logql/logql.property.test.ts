import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogqlError } from './errors.ts';
import { queryArbitrary } from './expressions.arbitrary.ts';
import { formatQuery } from './format.ts';
import { parseQuery } from './parse.ts';
import { printQuery } from './printer.ts';

/** The literal as written is not kept when it is printed: `1d` becomes `24h0m0s`. */
function withoutTexts(expr: unknown): unknown {
  return JSON.parse(JSON.stringify(expr, (key, value: unknown) => (key === 'text' ? '' : value)));
}

test('a printed query parses to the same tree, and prints as before', () => {
  fc.assert(
    fc.property(queryArbitrary(), (expr) => {
      const printed = printQuery(expr);
      const parsed = parseQuery(printed);
      expect(withoutTexts(parsed)).toEqual(withoutTexts(expr));
      expect(printQuery(parsed)).toBe(printed);
    }),
    { numRuns: 400 },
  );
});

test('a formatted query parses to the same tree, however narrow it is laid out', () => {
  fc.assert(
    fc.property(queryArbitrary(), fc.constantFrom(20, 60, 100), (expr, maxLineBytes) => {
      expect(withoutTexts(parseQuery(formatQuery(expr, maxLineBytes)))).toEqual(withoutTexts(expr));
    }),
    { numRuns: 400 },
  );
});

function parses(text: string): boolean {
  try {
    parseQuery(text);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(LogqlError);
    expect((error as LogqlError).message).toMatch(/^parse error (?:at line \d+, col \d+)?:? ?/);
    return false;
  }
}

test('text of any kind parses or is refused with a place', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '{',
      '}',
      '(',
      ')',
      '[5m]',
      '|',
      '|=',
      '!~',
      'json',
      'unwrap',
      'by',
      'sum(',
      'rate(',
      '"x"',
      'a',
      '=',
      ',',
      '5',
      '-',
      'or',
      '#',
      '/*',
      '"',
      '`',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => void parses(pieces.join(' '))),
    { numRuns: 1000 },
  );
});

test('a query with one place cut or changed parses or is refused', () => {
  const change = fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom('', '(', '"', '|', '\\', '[', '0', '}'));
  fc.assert(
    fc.property(queryArbitrary(), change, (expr, [place, length, text]) => {
      const printed = printQuery(expr);
      const at = place % (printed.length + 1);
      parses(printed.slice(0, at) + text + printed.slice(at + length));
    }),
    { numRuns: 1000 },
  );
});
