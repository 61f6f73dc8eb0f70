import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bundle } from '../tools/bundle.ts';

const GZIP_BYTES_MAX = 5 * 1024;

test.each(['iife', 'esm'] as const)('the whole SDK as %s has at most 5 KB gzipped, and no eval', async (format) => {
  const code = await bundle(format);
  expect(gzipSync(code).length).toBeLessThanOrEqual(GZIP_BYTES_MAX);
  expect(code).not.toMatch(/\beval\b|new Function|\bimport\b/);
  expect(code).toContain(format === 'iife' ? 'var tailwater=' : 'export{');
});
