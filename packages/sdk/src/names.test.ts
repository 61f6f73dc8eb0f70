import { secretKindOfAttribute } from '@tailwater/schema/redaction';
import { expect, test } from 'vitest';
import { nameOf } from './names.ts';

const PARTS =
  'pass pass_word p.wd API Key to-ken se_cret cookies ssn Social Security cvv CVC credential Authorization db user x 2 é'.split(
    ' ',
  );
const candidates = PARTS.flatMap((one) =>
  ['', '.', '_', '-'].flatMap((joint) => PARTS.map((other) => one + joint + other)),
);

test('the quick look at a name leaves none out that announces a secret', () => {
  for (const name of [...PARTS, ...candidates]) {
    expect(nameOf(name).isTelling, name).toBe(secretKindOfAttribute(name) !== 'none');
  }
  expect(candidates.some((name) => nameOf(name).isTelling)).toBe(true);
});
