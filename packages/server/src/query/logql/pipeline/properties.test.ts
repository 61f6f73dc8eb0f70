import type { Stage } from '@tailwater/schema/logql';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from '../parse.ts';
import { compilePipeline, mergedLabels } from './index.ts';
import { rowOf } from './run-one.testing.ts';

const NAME = fc.constantFrom('a', 'b', 'c-d', 'é', '1x', '_', 'app', 'long_name');
const LEAF = fc.oneof(
  fc.string(),
  fc.constantFrom('"', '\\', '\n', '{', '}', '[', '\u2028', '😀'),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.integer(), { maxLength: 2 }),
);
const DOCUMENT = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ weight: 4, arbitrary: LEAF }, { weight: 1, arbitrary: tie('object') }),
  object: fc.dictionary(NAME, tie('value'), { maxKeys: 4 }),
})).object;

/** What `| json` means, said with JSON.parse. */
function flatten(document: object, prefix: string, found: Map<string, string>): Map<string, string> {
  for (const [key, value] of Object.entries(document) as [string, unknown][]) {
    const part = key.replace(/[^a-zA-Z0-9_]/gu, '_');
    const name = prefix === '' ? part.replace(/^(?=[0-9])/, '_') : `${prefix}_${part}`;
    const label = name === 'app' ? 'app_extracted' : name;
    if (value === null || Array.isArray(value)) continue;
    if (typeof value === 'object') flatten(value, name, found);
    else if (!found.has(label)) found.set(label, String(value).replaceAll('\ufffd', ' '));
  }
  return found;
}

describe('json', () => {
  test('finds what JSON.parse finds', () => {
    const pipeline = compilePipeline([{ kind: 'json', extractions: [] }]);
    fc.assert(
      fc.property(DOCUMENT, fc.constantFrom(undefined, 1, '\t'), (document, indent) => {
        const line = JSON.stringify(document, null, indent);
        const parsed = pipeline.run(rowOf(line))?.parsed ?? [];
        const expected = flatten(JSON.parse(line) as object, '', new Map());
        expect(Object.fromEntries(parsed)).toEqual(Object.fromEntries(expected));
      }),
      { numRuns: 1000 },
    );
  });

  test('bears any text', () => {
    const pipeline = compilePipeline([{ kind: 'json', extractions: [] }]);
    const pieces = fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'a', '1', ' ', 'null', '\n');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
        const names = pipeline.run(rowOf(`{"x":1,${parts.join('')}`))?.parsed.map(([name]) => name) ?? [];
        expect(names).toContain('x');
        expect(names).toEqual([...new Set(names)].sort());
      }),
      { numRuns: 1000 },
    );
  });
});

describe('parsers that stop early', () => {
  const FILTERS = [
    'a="1"',
    'a!="1"',
    'a=~"1|x"',
    'a>1',
    'a>1 and b="x"',
    'a>1 or b="x"',
    'a_b="1"',
    'b!=""',
    '__error__=""',
  ];
  // A stage between lets no parser know what the filter wants.
  const APART: Stage = { kind: 'label-format', formats: [{ kind: 'rename', name: 'z', source: 'no_such_label' }] };
  const VALUE = fc.constantFrom('1', '2', '"x"', '""', '{"b":1}', 'null', 'oops');
  const LINE = fc
    .array(fc.tuple(fc.constantFrom('a', 'b', 'c'), VALUE), { maxLength: 4 })
    .chain((pairs) =>
      fc.constantFrom('}', '', '} x').map((end) => `{${pairs.map(([k, v]) => `"${k}":${v}`).join(',')}${end}`),
    );

  test.each(FILTERS)('answer the same: %s', (filter) => {
    const expr = parse(`{app="web"} | json | ${filter}`);
    const stages = expr.kind === 'log' ? expr.stages : [];
    const together = compilePipeline(stages);
    const apart = compilePipeline([...stages.slice(0, 1), APART, ...stages.slice(1)]);
    fc.assert(
      fc.property(LINE, (line) => {
        const [one, other] = [together, apart].map((pipeline) => {
          const result = pipeline.run(rowOf(line));
          return result === null ? null : mergedLabels(result);
        });
        expect(one).toEqual(other);
      }),
      { numRuns: 300 },
    );
  });
});

describe('logfmt', () => {
  test('reads what was written, quoted as JSON quotes', () => {
    const pipeline = compilePipeline([{ kind: 'logfmt', strict: true, keepEmpty: true, extractions: [] }]);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'c', 'dd'), fc.string(), { maxKeys: 4 }), (pairs) => {
        const line = Object.entries(pairs)
          .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
          .join(' ');
        expect(Object.fromEntries(pipeline.run(rowOf(line))?.parsed ?? [])).toEqual({ ...pairs });
      }),
      { numRuns: 1000 },
    );
  });
});
