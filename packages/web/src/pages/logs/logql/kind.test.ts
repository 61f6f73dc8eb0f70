import { expect, it } from 'vitest';
import { isMetricQuery } from './kind.ts';

it('tells lines and numbers apart', () => {
  for (const query of ['', '{a="b"}', ' \n# rate(x)\n{a="b"} | json', '({a="b"})'])
    expect(isMetricQuery(query)).toBe(false);
  for (const query of [
    'rate({a="b"}[5m])',
    '# x\n/* y */ sum(rate({a="b"}[5m]))',
    '(rate({a="b"}[1m])) / 2',
    '1 + 1',
  ]) {
    expect(isMetricQuery(query)).toBe(true);
  }
});
