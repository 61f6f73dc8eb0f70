import { describe, expect, test } from 'vitest';
import { PermanentError } from '../../runtime/errors.ts';
import { parse, selector } from './parse.ts';

describe('parse', () => {
  const faults: [query: string, message: string][] = [
    ['{a="b"', 'parse error at line 1, col 7: syntax error: unexpected $end'],
    ['{a=~"(b"}', 'error parsing regexp: missing closing ): `(b`'],
    ['{a="b"} |~ "(b"', 'error parsing regexp: missing closing ): `(b`'],
    ['{a="b"} | line_format "{{nope}}"', 'template: line:1: function "nope" not defined'],
    ['{a="b"} | regexp "x"', 'at least one named capture must be supplied'],
    ['{a="b"} | n > 1mb', 'parse error'],
    ['{}', 'queries require at least one regexp or equality matcher'],
  ];
  test.each(faults)('%s', (query, message) => {
    expect(() => parse(query)).toThrow(PermanentError);
    expect(() => parse(query)).toThrow(message);
  });

  test('what is right is read', () => {
    expect(parse('{a="b"} |~ "x+" | line_format "{{.a}}"').kind).toBe('log');
    expect(parse('sum(rate({a="b"}[5m]))').kind).toBe('vector-aggregation');
  });
});

describe('selector', () => {
  test('is read, an empty one too', () => {
    expect(selector('{a="b", c=~"d.+"}')).toEqual([
      { name: 'a', op: '=', value: 'b' },
      { name: 'c', op: '=~', value: 'd.+' },
    ]);
    expect(selector('{}')).toEqual([]);
  });

  test.each(['{a=~"("}', '{a="b"} |= "x"', 'a="b"', ''])('%s is refused', (text) => {
    expect(() => selector(text)).toThrow(PermanentError);
  });
});
