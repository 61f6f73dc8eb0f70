import { describe, expect, it } from 'vitest';
import { faultSpan, logqlContext } from './completion.ts';

const at = (marked: string) => logqlContext(marked.replace('|>', ''), marked.indexOf('|>'));

describe('logqlContext', () => {
  it.each([
    ['|>', { kind: 'function', from: 0 }],
    ['su|>', { kind: 'function', from: 0 }],
    ['{|>', { kind: 'label', from: 1 }],
    ['{a="b", ho|>st="x"}', { kind: 'label', from: 8 }],
    ['{host|>', { kind: 'label', from: 1 }],
    ['{host |>', { kind: 'matcher-operator', from: 6 }],
    ['{host="ip-|>', { kind: 'value', label: 'host', from: 7 }],
    ['{host=~`i|>', { kind: 'value', label: 'host', from: 8 }],
    ['{a="b"} |>', { kind: 'line-operator', from: 8 }],
    ['{a="b"} | js|>', { kind: 'stage', from: 10 }],
    ['{a="b"} | status="5|>', { kind: 'value', label: 'status', from: 18 }],
    ['sum by (|>', { kind: 'label', from: 8 }],
    ['sum by (a, h|>) (rate({a="b"}[5m]))', { kind: 'label', from: 11 }],
    ['sum(ra|>', { kind: 'function', from: 4 }],
    ['sum_over_time({a="b"} | unwrap du|>', { kind: 'label', from: 31 }],
  ])('%s', (marked, context) => expect(at(marked)).toEqual(context));

  it('leaves free text alone', () => {
    expect(at('{a="b"} |= "tim|>')).toBeNull();
    expect(at('{a|>=')).toEqual({ kind: 'label', from: 1 });
  });
});

describe('faultSpan', () => {
  it('finds the token, also without a line', () => {
    expect(faultSpan('{a="b"} |= 5', { line: 1, column: 12 })).toEqual({ from: 11, to: 12 });
    expect(faultSpan('{a="b"}\n |= |=', { line: 0, column: 5 })).toEqual({ from: 12, to: 14 });
    expect(faultSpan('{a="😀"} x', { line: 1, column: 9 })).toEqual({ from: 9, to: 10 });
  });

  it('marks the end where something is missing', () => {
    expect(faultSpan('{a="b"} |= ', { line: 1, column: 12 })).toEqual({ from: 9, to: 11 });
    expect(faultSpan('{}', { line: 0, column: 0 })).toEqual({ from: 0, to: 2 });
    expect(faultSpan('', { line: 0, column: 0 })).toEqual({ from: 0, to: 0 });
  });
});
