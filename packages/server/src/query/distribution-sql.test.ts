import { expect, test } from 'vitest';
import { binEdges, binsQuery, distributionQuery } from './distribution-sql.ts';

test('edges are of one width, or of one ratio where numbers differ widely', () => {
  expect(binEdges(0, 10, 5)).toEqual({ scale: 'linear', edges: [0, 2, 4, 6, 8, 10] });
  const wide = binEdges(1, 10_000, 4);
  expect(wide.scale).toBe('log');
  expect(wide.edges.map(Math.round)).toEqual([1, 10, 100, 1000, 10_000]);
  expect(binEdges(7, 7, 24).edges).toEqual([7, 7]);
  expect(binEdges(-5, 10_000, 2)).toEqual({ scale: 'linear', edges: [-5, 4_997.5, 10_000] });
});

test('edges always rise, also between numbers that touch and those that are as far apart as numbers go', () => {
  expect(binEdges(1, 1 + Number.EPSILON, 24).edges).toEqual([1, 1 + Number.EPSILON]);
  const { edges } = binEdges(-Number.MAX_VALUE, Number.MAX_VALUE, 4);
  expect(edges.every((edge, i) => i === 0 || edge > edges[i - 1]!)).toBe(true);
  expect(edges.every(Number.isFinite)).toBe(true);
});

test('names and edges are parameters', () => {
  const scope = { orgId: "o'", range: { fromNs: 0n, toNs: 1n }, condition: null };
  const field = { kind: 'attribute', name: "a'b" } as const;
  for (const { sql, params } of [distributionQuery(scope, field), binsQuery(scope, field, [1, 2])]) {
    expect(sql).not.toContain("'b");
    expect(sql).not.toContain("o'");
    expect(Object.values(params)).toContain("a'b");
  }
});
