import { parsePatternExpression } from '@tailwater/schema/logql';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs } from '../../../../test/support/share.ts';
import { compilePipeline, type Pipeline } from '../pipeline/index.ts';
import { PatternClusters, renderPatterns } from './pattern-clusters.ts';

function clustersOf(lines: readonly string[], stepMs = 0): PatternClusters {
  const clusters = new PatternClusters({ stepMs });
  for (const line of lines) clusters.add(line, 'info', 0);
  return clusters;
}

const patternsOf = (lines: readonly string[]) =>
  clustersOf(lines)
    .result()
    .map(({ pattern }) => pattern)
    .sort();

const finders = new Map<string, Pipeline>();

/** Whether `|> pattern` finds a line. Throws for what is no pattern: named captures, two captures in a row. */
function finds(pattern: string, line: string): boolean {
  let finder = finders.get(pattern);
  if (finder === undefined) {
    parsePatternExpression(pattern);
    finder = compilePipeline([{ kind: 'line-filter', op: '|>', args: [{ kind: 'text', value: pattern }] }]);
    finders.set(pattern, finder);
  }
  return finder.run({ timeMs: 0, timeNs: 0, stream: { labels: new Map(), sorted: [] }, metadata: [], line }) !== null;
}

describe('patterns of lines', () => {
  test.each<[name: string, lines: string[], patterns: string[]]>([
    ['one line stays as it is', ['server started on port 8080'], ['server started on port 8080']],
    ['numbers differ', ['took 5ms', 'took 17ms', 'took 1.5s'], ['took <_>']],
    ['numbers that never differ stay', ['HTTP/1.1 took 5ms', 'HTTP/1.1 took 6ms'], ['HTTP/1.1 took <_>']],
    ['one word differs', ['user alice has logged in', 'user bob has logged in'], ['user <_> has logged in']],
    ['half of the words differ', ['cache miss', 'cache hit'], ['cache hit', 'cache miss']],
    ['punctuation stays', ['failed: timeout (code 7).', 'failed: timeout (code 8).'], ['failed: timeout (code <_>).']],
    ['a colon behind a word stays', ['host1: it is up', 'host2: it is up'], ['<_>: it is up']],
    [
      'addresses and paths are one word',
      ['GET /users/17 from 10.0.0.1:80', 'GET /users/18 from 10.0.0.2:81'],
      ['GET <_> from <_>'],
    ],
    [
      'logfmt keeps its keys',
      ['level=info msg="took it" id=17', 'level=info msg="took it" id=18'],
      ['level=info msg="took it" id=<_>'],
    ],
    ['other keys are other patterns', ['a=1 b=2', 'a=1 c=2'], ['a=1 b=2', 'a=1 c=2']],
    [
      'JSON keeps its keys',
      ['{"level":"info","status":200,"id":"a1"}', '{"level":"info","status":201,"id":"a2"}'],
      ['{"level":"info","status":<_>,"id":"<_>"}'],
    ],
    ['a tag is no capture', ['<html> 1', '<html> 2'], ['<<_>> <_>']],
    ['a placeholder in the line is none', ['got <_> here'], ['got <<_>> here']],
    ['a line of signs', ['-----', '===', '...'], ['-----', '...', '===']],
    ['an empty line has none', [''], []],
    ['a line of other scripts', ['käse 1 größer', 'käse 2 größer'], ['käse <_> größer']],
    ['long lines end in a placeholder', [`start ${'x'.repeat(4000)}`], ['start <_>']],
    [
      'so do lines of many words',
      [Array.from({ length: 200 }, () => 'w').join(' ')],
      [`${Array.from({ length: 79 }, () => 'w').join(' ')} <_>`],
    ],
    [
      'a first word that is often another',
      Array.from({ length: 12 }, (_, i) => `${String.fromCharCode(97 + i)}x logged in now`),
      ['<_> logged in now'],
    ],
    [
      'a first word that is seldom another',
      ['GET it is done', 'PUT it is done', 'POST it is done'],
      ['GET it is done', 'POST it is done', 'PUT it is done'],
    ],
  ])('%s', (_, lines, patterns) => {
    expect(patternsOf(lines)).toEqual(patterns);
    for (const line of lines) if (line !== '') expect(patterns.some((pattern) => finds(pattern, line))).toBe(true);
  });

  test('levels are apart, the most frequent pattern comes first, counts are per bucket', () => {
    const clusters = new PatternClusters({ stepMs: 0 });
    clusters.add('it took 5 ms', 'info', 1_700_000_001_000);
    clusters.add('it took 6 ms', 'error', 1_700_000_019_999);
    clusters.add('it took 7 ms', 'error', 1_700_000_009_999);
    clusters.add('it took 8 ms', 'error', 1_700_000_010_000);
    expect(clusters.result()).toEqual([
      {
        pattern: 'it took <_> ms',
        level: 'error',
        samples: [
          [1_700_000_000, 1],
          [1_700_000_010, 2],
        ],
      },
      { pattern: 'it took 5 ms', level: 'info', samples: [[1_700_000_000, 1]] },
    ]);
  });

  test.each([
    [0, 1_700_000_010],
    [60_000, 1_699_999_980],
    [12_345, 1_700_000_003],
  ])('a step of %i ms', (stepMs, seconds) => {
    const clusters = new PatternClusters({ stepMs });
    clusters.add('a', '', 1_700_000_012_000);
    expect(clusters.result()[0]!.samples).toEqual([[seconds, 1]]);
  });

  test('lines may be added behind a result', () => {
    const clusters = clustersOf(['it took 5 ms']);
    clusters.result();
    clusters.add('it took 6 ms', 'info', 0);
    expect(clusters.result()).toEqual([{ pattern: 'it took <_> ms', level: 'info', samples: [[0, 2]] }]);
  });

  test('many shapes leave the frequent ones, and 300 in all', () => {
    const clusters = new PatternClusters({ stepMs: 0 });
    for (let i = 0; i < 20_000; i++) {
      const noise = i.toString(2).replaceAll('0', ' a').replaceAll('1', ' b,');
      clusters.add(i % 4 === 0 ? `it took ${i} ms` : noise, 'info', 0);
    }
    const result = clusters.result();
    expect(result).toHaveLength(300);
    expect(result[0]).toEqual({ pattern: 'it took <_> ms', level: 'info', samples: [[0, 5000]] });
  });

  test('the body of an answer', () => {
    expect(renderPatterns(clustersOf(['it took 5 ms', 'it took 6 ms']).result())).toBe(
      '{"status":"success","data":[{"pattern":"it took <_> ms","level":"info","samples":[[0,2]]}]}\n',
    );
    expect(renderPatterns([])).toBe('{"status":"success","data":[]}\n');
  });

  test('many levels are cut', () => {
    const clusters = new PatternClusters({ stepMs: 0 });
    for (let i = 0; i < 100; i++) clusters.add('it is done', `level ${i}`, 0);
    expect(clusters.result()).toHaveLength(33);
  });
});

const word = fc.constantFrom('a', 'bob', 'x1', '17', 'a.b', '<a>', '<_>', '_', 'k', 'a:', ':b', 'ü', '<', '>', '-', '');
const glue = fc.constantFrom(' ', ' ', ' ', '=', ': ', ', ', '":"', '"', '.', '/', ':', '::', '. ', '(', ')', '\n', '');
const lines = fc.array(
  fc.array(fc.tuple(word, glue), { minLength: 1, maxLength: 6 }).map((parts) => parts.flat().join('')),
  { minLength: 1, maxLength: 60 },
);

test('a pattern counts no lines but those that it finds, and every line is counted', () => {
  fc.assert(
    fc.property(lines, (all) => {
      const result = clustersOf(all).result();
      const countOf = (i: number) => result[i]!.samples.reduce((sum, [, count]) => sum + count, 0);
      expect(result.reduce((sum, _, i) => sum + countOf(i), 0)).toBe(all.filter((line) => line !== '').length);
      for (const [i, { pattern }] of result.entries()) {
        expect(all.filter((line) => finds(pattern, line)).length).toBeGreaterThanOrEqual(countOf(i));
      }
      for (const line of all) if (line !== '') expect(result.some(({ pattern }) => finds(pattern, line))).toBe(true);
    }),
    { numRuns: runs(500) },
  );
});

test('the same in any text', () => {
  const any = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^[<>_ab:. ="-]{1,12}$/)), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(any, (all) => {
      const result = clustersOf(all).result();
      for (const line of all) if (line !== '') expect(result.some(({ pattern }) => finds(pattern, line))).toBe(true);
    }),
    { numRuns: runs(250) },
  );
});
