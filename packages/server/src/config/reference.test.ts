import { globSync, readFileSync } from 'node:fs';
import { ERROR_CODES } from '@tailwater/schema';
import { describe, expect, test } from 'vitest';
import { REFERENCE_PAGES } from '../../tools/write-docs.ts';

const ROOT = new URL('../../../../', import.meta.url).pathname;

test.each(Object.keys(REFERENCE_PAGES))('docs/reference/%s is what `npm run docs` writes', (name) => {
  expect(readFileSync(`${ROOT}docs/reference/${name}`, 'utf8')).toBe(REFERENCE_PAGES[name]!());
});

describe('error codes', () => {
  const sources = globSync('packages/{server,cli}/src/**/*.ts', {
    cwd: ROOT,
    exclude: (name) => name.endsWith('.test.ts'),
  });
  const source = sources.map((path) => readFileSync(ROOT + path, 'utf8')).join('\n');

  test('every code that is thrown is in the table', () => {
    const thrown = [...source.matchAll(/new (?:PermanentError|RetryableError)\(\s*'([^']*)'/g)].map(
      (match) => match[1]!,
    );
    expect(thrown.length).toBeGreaterThan(0);
    expect(thrown.filter((code) => !(code in ERROR_CODES))).toEqual([]);
  });

  test('every code of the table is used', () => {
    expect(Object.keys(ERROR_CODES).filter((code) => !source.includes(`'${code}'`))).toEqual([]);
  });
});
