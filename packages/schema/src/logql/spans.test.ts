import { describe, expect, it } from 'vitest';
import { tokenSpans } from './spans.ts';

const read = (text: string) => tokenSpans(text).map(({ kind, from, to }) => [kind, text.slice(from, to)]);

describe('tokenSpans', () => {
  it('gives every token with its text, and comments', () => {
    expect(read('sum by (a) (rate({a="😀x"} |= `b` [5m])) # why')).toEqual([
      ['SUM', 'sum'],
      ['by', 'by'],
      ['(', '('],
      ['IDENTIFIER', 'a'],
      [')', ')'],
      ['(', '('],
      ['RATE', 'rate'],
      ['(', '('],
      ['{', '{'],
      ['IDENTIFIER', 'a'],
      ['=', '='],
      ['STRING', '"😀x"'],
      ['}', '}'],
      ['|=', '|='],
      ['STRING', '`b`'],
      ['RANGE', '[5m]'],
      [')', ')'],
      [')', ')'],
      ['COMMENT', '# why'],
    ]);
  });

  it('takes what is half written as it is', () => {
    expect(read('{a="b').slice(-2)).toEqual([
      ['=', '='],
      ['INVALID', '"b'],
    ]);
    expect(read('')).toEqual([]);
    expect(read('/* open')).toEqual([['INVALID', '/* open']]);
    expect(read('{a > 5ms} --strict')).toContainEqual(['DURATION', '5ms']);
  });
});
