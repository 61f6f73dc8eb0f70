import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { checkRegexp, compileRegex, literals, type RegexLiterals, type RegexOptions } from './index.ts';
import { timeExponent } from './linear.ts';
import { readRegex } from './syntax.ts';

describe('checkRegexp', () => {
  const cases: [pattern: string, problem: string | null][] = [
    ['a.*b', null],
    ['(?P<n>a)(?<m>b)', null],
    ['(?i)(?i)x', null],
    ['\\Qa.b\\E', null],
    ['[[:alpha:]]\\pL', null],
    ['a{1001}', 'error parsing regexp: invalid repeat count: `{1001}`'],
    ['(?=a)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
    ['\\1', 'error parsing regexp: invalid escape sequence: `\\1`'],
    ['[a', 'error parsing regexp: missing closing ]: `[a`'],
    ['a)', 'error parsing regexp: unexpected ): `a)`'],
    ['(a', 'error parsing regexp: missing closing ): `(a`'],
    ['*a', 'error parsing regexp: missing argument to repetition operator: `*`'],
  ];
  test.each(cases)('%s', (pattern, problem) => {
    expect(checkRegexp(pattern)).toBe(problem);
  });

  test('compileRegex refuses what does not parse', () => {
    expect(() => compileRegex('(a')).toThrow('error parsing regexp: missing closing )');
    expect(() => compileRegex('a)(b', { anchored: true })).toThrow('error parsing regexp: unexpected )');
  });
});

const WHOLE: RegexOptions = { anchored: true };
const STREAM: RegexOptions = { anchored: true, dotAll: true };

describe('test', () => {
  const cases: [pattern: string, options: RegexOptions, matching: string[], others: string[]][] = [
    ['foo', {}, ['foo', 'xfoox'], ['fo', 'FOO', '']],
    ['', {}, ['', 'x'], []],
    ['.*', {}, ['', 'x\ny'], []],
    ['.+', {}, ['x', '\nx'], ['', '\n']],
    ['a.*b', {}, ['ab', 'xa-bx', 'a\nab'], ['a\nb', 'ba']],
    ['a.+b', {}, ['a-b', 'a😀b'], ['ab', 'a\nb']],
    ['(?s)a.*b', {}, ['a\nb'], ['ba']],
    ['^a.*b$', {}, ['ab', 'axb'], ['xab', 'abx', 'a\nb']],
    ['foo$', {}, ['foo', 'xfoo'], ['foox', 'foo\n']],
    ['^foo', {}, ['foox'], ['xfoo', '\nfoo']],
    ['(?m)^foo$', {}, ['x\nfoo\ny'], ['xfoo']],
    ['foo|bar|baz', {}, ['xbarx'], ['ba']],
    ['a.*b|c', {}, ['c', 'a-b'], ['a']],
    ['foo', WHOLE, ['foo'], ['xfoo', 'foox', '']],
    ['', WHOLE, [''], ['x']],
    ['foo|bar', WHOLE, ['foo', 'bar'], ['foobar', 'xbar']],
    ['(foo|ba[rz])', WHOLE, ['foo', 'bar', 'baz'], ['ba']],
    ['foo.*', WHOLE, ['foo', 'foox'], ['xfoo', 'foo\n']],
    ['foo.*', STREAM, ['foo\nx'], ['xfoo']],
    ['.*foo', STREAM, ['x\nfoo', 'foo'], ['foox']],
    ['.*foo.*', STREAM, ['\nfoo\n'], ['fo']],
    ['.+', STREAM, ['\n', 'x'], ['']],
    ['^foo$', WHOLE, ['foo'], ['xfoo']],
    ['.', WHOLE, ['x', '😀'], ['\n', 'xy', '']],
    ['..', WHOLE, ['😀x'], ['😀']],
    ['[^a]$', {}, ['😀', 'a😀'], ['a']],
    ['[^b]x$|b$', {}, ['😀x', 'b'], ['bx']],
    ['[^a]', WHOLE, ['😀', '\n'], ['a', 'bb']],
    ['a.*a', WHOLE, ['aa', 'aba'], ['a']],
    ['(?i)error', {}, ['an ERRor'], ['err']],
    ['(?i)k', {}, ['K', '\u212a'], ['x']],
    ['(?i)straße', {}, ['STRAẞE'], ['strasse']],
    ['(?i)[a-k]x', {}, ['KX', '\u212ax'], ['zx']],
    ['(?i:a)b', {}, ['Ab'], ['AB']],
    ['a(?i)b|c', {}, ['aB', 'C'], ['AB']],
    ['(?-i)a', {}, ['a'], ['A']],
    ['\\d+ms', {}, ['12ms'], ['ms', '١ms']],
    ['\\s', {}, [' ', '\t'], ['\u00a0', '\v']],
    ['\\w', {}, ['_'], ['é']],
    ['\\bfoo\\b', {}, ['a foo b'], ['afoo']],
    ['\\x41\\x{1F600}', {}, ['A😀'], ['A']],
    ['[\\w.-]+@[\\w-]+', {}, ['a.b@c'], ['@c']],
    ['[]a]', {}, [']'], ['b']],
    ['\\pL', {}, ['é'], ['1']],
    ['[[:upper:]]', {}, ['X'], ['x']],
    ['(a|b)*c', {}, ['ababc'], ['ab']],
    ['(a+)+$', {}, ['aaa'], ['b']],
    ['\\Aa\\z', {}, ['a'], ['ab', 'a\n']],
    ['a{2,3}', WHOLE, ['aa', 'aaa'], ['a', 'aaaa']],
    ['a\\.b', {}, ['a.b'], ['axb']],
  ];
  test.each(cases)('%s %j', (pattern, options, matching, others) => {
    const regex = compileRegex(pattern, options);
    expect(matching.filter((text) => !regex.test(text))).toEqual([]);
    expect(others.filter((text) => regex.test(text))).toEqual([]);
  });
});

describe('exec', () => {
  const cases: [pattern: string, text: string, groups: (string | null)[] | null][] = [
    ['(\\w+) (?P<n>\\S+)', 'GET /x y', ['GET /x', 'GET', '/x']],
    ['(a)|(b)', 'b', ['b', null, 'b']],
    ['(a*)(a*)', 'aaa', ['aaa', 'aaa', '']],
    ['(a*?)(a*)', 'aaa', ['aaa', '', 'aaa']],
    ['(?:(a)|b)*', 'ab', ['ab', 'a']],
    ['a|ab', 'ab', ['a']],
    ['(x)', 'y', null],
    ['(.)', '😀', ['😀', '😀']],
  ];
  test.each(cases)('%s of %s', (pattern, text, groups) => {
    expect(compileRegex(pattern).exec(text)).toEqual(groups);
  });

  test('names of groups', () => {
    expect(compileRegex('(a)(?P<x>b)(?<y>c)').groupNames).toEqual([null, null, 'x', 'y']);
  });

  test('a text too long for V8 gives the same', () => {
    const text = `${'x'.repeat(3000)} GET /path HTTP`;
    expect(compileRegex('(\\w+) (\\S+) HTTP').exec(text)).toEqual(['GET /path HTTP', 'GET', '/path']);
  });
});

describe('long texts', () => {
  const LONG = 'a'.repeat(1 << 18);
  const cases: [pattern: string, text: string, found: boolean][] = [
    ['^\\w+$', LONG, true],
    ['^\\w+$', `${LONG}-`, false],
    ['=\\w+ms', `=${LONG}ms`, true],
    ['^(\\w)+ $', LONG, false],
    ['a\\w+:', LONG, false],
    ['(?i)x.*y', LONG, false],
  ];
  test.each(cases)('%s', (pattern, text, found) => {
    expect(compileRegex(pattern).test(text)).toBe(found);
  });
});

describe('literals', () => {
  const cases: [pattern: string, expected: RegexLiterals][] = [
    ['foo', { exact: 'foo', required: ['foo'] }],
    ['foo\\.bar', { exact: 'foo.bar', required: ['foo.bar'] }],
    ['.*foo.*', { exact: 'foo', required: ['foo'] }],
    ['(foo)', { exact: 'foo', required: ['foo'] }],
    ['', { exact: '' }],
    ['.*', { exact: '' }],
    ['a?', { exact: '' }],
    ['foo|bar', { anyOf: ['foo', 'bar'] }],
    ['x(foo|bar)y', { anyOf: ['xfooy', 'xbary'] }],
    ['5[0-2]', { anyOf: ['50', '51', '52'] }],
    ['(?i)error', { exact: 'error', required: ['error'], caseInsensitive: true }],
    ['(?i)error: 10', { exact: 'error: 10', required: ['error: 10'], caseInsensitive: true }],
    ['(?i)a|b', { anyOf: ['a', 'b'], caseInsensitive: true }],
    ['foo.*bar', { required: ['foo', 'bar'] }],
    ['^foo', { required: ['foo'] }],
    ['status=\\d+', { required: ['status='] }],
    ['(err){1,9}x', { required: ['err', 'x'] }],
    ['(err)*x\\w', { required: ['x'] }],
    ['(a|b)\\d', {}],
    ['(?i)a(?-i)b', {}],
    ['\\pL', {}],
    ['[a-z]+', {}],
  ];
  test.each(cases)('%s', (pattern, expected) => {
    expect(literals(pattern)).toEqual(expected);
  });
});

describe('time that V8 needs', () => {
  const cases: [pattern: string, exponent: number][] = [
    ['foo|bar', 1],
    ['HTTP/1\\.\\d" 5\\d\\d', 1],
    ['status=\\d+ms', 1],
    ['^\\S+ \\S+ \\[([^\\]]+)\\]', 1],
    ['"\\w+ "', 1],
    ['\\d+ms', 2],
    ['a\\w+:', 2],
    ['foo.*bar', 2],
    ['GET (.*?)/x', 2],
    ['=\\d+ [^;]+;', 2],
    ['foo.*bar.*baz', 3],
    ['(a+)+$', Infinity],
    ['(\\w+\\s)*x', Infinity],
    ['(a|b|c|d|e){4}', Infinity],
  ];
  test.each(cases)('%s: %d', (pattern, exponent) => {
    const node = readRegex(pattern, false);
    expect(node && timeExponent(node)).toBe(exponent);
  });
});

/** Patterns of a few small parts, so that they meet in all orders. */
const patternOf = fc.letrec<{ pattern: string; atom: string; piece: string }>((tie) => ({
  atom: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom('a', 'b', 'ab', '.', '\\d', '\\w', '\\s', '[ab]', '[^a]', '1', ' ', '-', 'é', '😀'),
    },
    { weight: 1, arbitrary: tie('pattern').map((inner) => `(${inner})`) },
    { weight: 1, arbitrary: tie('pattern').map((inner) => `(?:${inner})`) },
    { weight: 1, arbitrary: tie('pattern').map((inner) => `(?i:${inner})`) },
  ),
  piece: fc
    .tuple(tie('atom'), fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '*?', '+?'))
    .map(([atom, repeat]) =>
      [...atom].length > 1 && !/^[\\[(]/.test(atom) && repeat !== '' ? `(?:${atom})${repeat}` : atom + repeat,
    ),
  pattern: fc.oneof(
    { weight: 5, arbitrary: fc.array(tie('piece'), { maxLength: 4 }).map((pieces) => pieces.join('')) },
    { weight: 1, arbitrary: fc.tuple(tie('pattern'), tie('pattern')).map(([left, right]) => `${left}|${right}`) },
    { weight: 1, arbitrary: tie('pattern').map((inner) => `^${inner}`) },
    { weight: 1, arbitrary: tie('pattern').map((inner) => `${inner}$`) },
  ),
})).pattern;

const textOf = fc
  .array(fc.constantFrom('a', 'b', 'A', '1', ' ', '-', '\n', 'é', 'É', '😀'), { maxLength: 8 })
  .map((parts) => parts.join(''));

describe('against re2js', () => {
  test('the same answers, however a pattern is run', () => {
    fc.assert(
      fc.property(
        patternOf,
        fc.array(textOf, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        fc.boolean(),
        (pattern, texts, anchored, dotAll) => {
          const regex = compileRegex(pattern, { anchored, dotAll });
          const re2 = RE2JS.compile(anchored ? `^(?:${pattern})$` : pattern, dotAll ? RE2JS.DOTALL : 0);
          for (const text of texts) {
            const matcher = re2.matcher(text);
            const found = matcher.find();
            const groups = found
              ? Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group))
              : null;
            expect(regex.test(text)).toBe(found);
            expect(regex.exec(text)).toEqual(groups);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  test('literals never say more than the pattern', () => {
    fc.assert(
      fc.property(patternOf, textOf, (pattern, text) => {
        const { exact, anyOf, required = [], caseInsensitive } = literals(pattern);
        if (caseInsensitive === true) return;
        const found = RE2JS.compile(pattern).matcher(text).find();
        if (exact !== undefined) expect(text.includes(exact)).toBe(found);
        if (anyOf !== undefined) expect(anyOf.some((one) => text.includes(one))).toBe(found);
        if (found) expect(required.filter((one) => !text.includes(one))).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});
