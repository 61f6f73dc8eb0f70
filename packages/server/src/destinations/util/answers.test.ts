import { expect, test } from 'vitest';
import { failureOf, isWrongAddress, retryAfterMs } from './answers.ts';
import { cutText } from './cut.ts';
import { secretStripper } from './secrets.ts';

const SECRET = 'p@ss word/1234';
const answer = (status: number, body = '', headers = {}) => ({ status, headers, body: Buffer.from(body) });
const strip = secretStripper({ password: SECRET });

test.each([
  [401, 'destination_unauthorized'],
  [403, 'destination_unauthorized'],
  [404, 'destination_unavailable'],
  [408, 'destination_unavailable'],
  [410, 'destination_gone'],
  [413, 'payload_too_large'],
  [422, 'destination_rejected'],
  [425, 'destination_unavailable'],
  [429, 'destination_unavailable'],
  [503, 'destination_unavailable'],
])('%i is %s', (status, code) => {
  expect(failureOf(answer(status), strip).code).toBe(code);
});

test.each([302, 404, 405])('%i is about the address, which the test call says', (status) => {
  expect(isWrongAddress(failureOf(answer(status), strip))).toBe(true);
  expect(isWrongAddress(failureOf(answer(503), strip))).toBe(false);
});

test('a redirect shows where it points, without what may be a token', () => {
  const { message } = failureOf(answer(307, '', { location: 'https://eu.example/in/TOKEN?k=v' }), strip);
  expect(message).toContain('https://eu.example');
  expect(message).not.toContain('TOKEN');
});

test.each([
  ['7', 7000],
  ['1.5', 1500],
  ['Sat, 21 Nov 2026 10:00:30 GMT', 30_000],
  ['Sat, 21 Nov 2026 09:00:00 GMT', 0],
  ['999999999', 15 * 60_000],
  ['soon', 0],
  ['', 0],
])('Retry-After %j is %i ms', (text, ms) => {
  expect(retryAfterMs({ 'retry-after': text }, Date.UTC(2026, 10, 21, 10))).toBe(ms);
});

test('secrets are taken out of answers in each form, and before they are cut', () => {
  const forms = [SECRET, encodeURIComponent(SECRET), Buffer.from(SECRET).toString('base64'), JSON.stringify(SECRET)];
  for (const form of forms) {
    const { message } = failureOf(answer(400, `${'x'.repeat(290)} ${form} and ${form}`), strip);
    expect(message).not.toContain('p@ss');
    expect(message).not.toContain(form.slice(0, 10));
  }
});

test('an answer is told on one line, cut', () => {
  const { message } = failureOf(answer(400, `a\r\n\u0000b ${'x'.repeat(5000)}`), strip);
  expect(message).toMatch(/^The destination answered 400: a b x+…\.$/);
  expect(message.length).toBeLessThan(400);
});

test('texts are cut by bytes, no character is broken', () => {
  expect(cutText('äöü', 6)).toBe('äöü');
  for (let bytesMax = 1; bytesMax < 40; bytesMax++) {
    const cut = cutText('ä😀'.repeat(20), bytesMax);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytesMax);
    expect(cut).not.toContain('\ufffd');
  }
});
