import { expect, test } from 'vitest';
import { templateParts } from './template.ts';

test('what differs is told from what is shared', () => {
  expect(templateParts('took <*> ms')).toEqual([
    { text: 'took ', isVariable: false },
    { text: '*', isVariable: true },
    { text: ' ms', isVariable: false },
  ]);
  expect(templateParts('<*><*>').map(({ isVariable }) => isVariable)).toEqual([true, true]);
  expect(templateParts('')).toEqual([]);
});
