import { expect, test } from 'vitest';
import { FORM } from './rule-ids.ts';
import { scanText } from './scan.ts';

const CARD = FORM.paymentCard;
const SSN = FORM.ssn;

test.each([
  ['12345678901234', CARD],
  ['4111111111111111', CARD],
  ['4111 1111 1111 1111', CARD],
  ['4111 - 1111 - 1111 - 1111', CARD],
  ['4111-111111-11111', CARD],
  ['123-45-6789', SSN],
  ['0123-45-6789', SSN],
  ['ssn 123456789', SSN],
  ['tax id 123456789, card 4111 1111 1111 1111', SSN | CARD],
  ['1234567890123', 0],
  ['123456789', 0],
  ['1234 5678', 0],
  ['1234 5678 901', 0],
  ['123 4567 8901', 0],
  ['1234 5678    9012', 0],
  ['1234    5678 9012', 0],
  ['12-34-5678 90', 0],
  ['123-45-678 901', 0],
  ['123-45-67890', 0],
  ['2026-11-21 08:00:00,123', 0],
])('the digits of %j may be %i, wherever they stand', (digits, expected) => {
  for (let before = 0; before < 8; before++) {
    for (const behind of ['', '.', ' 2', 'abcd']) {
      for (const date of ['', '2026-11-21 08:00 x ']) {
        const text = `${date}${'-'.repeat(before)}${digits}${behind}`;
        expect(scanText(text) & (CARD | SSN), text).toBe(expected);
      }
    }
  }
});
