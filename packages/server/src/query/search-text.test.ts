import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PermanentError } from '../runtime/errors.ts';
import type { Condition } from './plan.ts';
import { parseSearchText, SEARCH_TERMS_MAX, SEARCH_TEXT_CHARACTERS_MAX } from './search-text.ts';

const words = (...list: string[]): Condition => ({ kind: 'words', words: list });
const phrase = (text: string): Condition => ({ kind: 'phrase', text });
const and = (...conditions: Condition[]): Condition => ({ kind: 'and', conditions });
const not = (condition: Condition): Condition => ({ kind: 'not', condition });
const field = (column: string, ...values: string[]) => ({ kind: 'field', column, values }) as Condition;
const attribute = (name: string, comparison: string, value: string) =>
  ({ kind: 'attribute', name, comparison, value }) as Condition;
const label = (name: string, comparison: '=' | '!=', value: string): Condition => ({
  kind: 'label',
  name,
  comparison,
  value,
});
const severity = (...ranges: [number, number][]): Condition => ({ kind: 'severity', ranges });
const duration = (comparison: string, value: number) =>
  ({ kind: 'number', column: 'duration_ms', comparison, value }) as Condition;

test.each<[string, Condition | null]>([
  ['', null],
  ['  \t ', null],
  ['*', null],
  ['* Timeout', words('Timeout')],
  ['timeout', words('timeout')],
  ['connection  timeout', and(words('connection'), words('timeout'))],
  ['größe', words('größe')],
  ['10.0.0.1', and(words('10', '0', '0', '1'), phrase('10.0.0.1'))],
  ['user-id', and(words('user', 'id'), phrase('user-id'))],
  ['failed,', and(words('failed'), phrase('failed,'))],
  ['=>', phrase('=>')],
  ['"quota exceeded"', phrase('quota exceeded')],
  ['"say \\"hi\\" \\\\ \\n"', phrase('say "hi" \\ \\n')],
  ['"OR"', phrase('OR')],
  ['-debug', not(words('debug'))],
  ['-"a b" c', and(not(phrase('a b')), words('c'))],
  ['-', phrase('-')],
  ['--force', and(words('force'), phrase('--force'))],
  ['service:api', field('service', 'api')],
  ['service:"my api"', field('service', 'my api')],
  ['-service:api', not(field('service', 'api'))],
  ['service:!=api', not(field('service', 'api'))],
  ['user_id:*', not(field('user_id', ''))],
  ['severity:error', severity([17, 20])],
  ['severity:WARNING', severity([13, 16])],
  ['severity:>=warn', severity([13, 24])],
  ['severity:>warn', severity([17, 24])],
  ['severity:<info', severity([1, 8])],
  ['severity:!=info', severity([1, 8], [13, 24])],
  ['severity:<debug', severity()],
  ['severity:18', severity([18, 18])],
  ['duration_ms:>=100', duration('>=', 100)],
  ['duration_ms:1.5', duration('=', 1.5)],
  ['duration_ms:*', duration('>=', -Number.MAX_VALUE)],
  ['attr.status:500', attribute('status', '=', '500')],
  ['attr.http.method:"GET"', attribute('http.method', '=', 'GET')],
  ['attr.latency:>=1e3', attribute('latency', '>=', '1e3')],
  ['attr.x:*', { kind: 'attribute-exists', name: 'x' }],
  ['attr.x:"*"', attribute('x', '=', '*')],
  ['status:500', attribute('status', '=', '500')],
  ['status:!=500', attribute('status', '!=', '500')],
  ['http.status_code:<300', attribute('http.status_code', '<', '300')],
  ['label.app:shop', label('app', '=', 'shop')],
  ['label.app:!=shop', label('app', '!=', 'shop')],
  ['label.app:*', label('app', '!=', '')],
  ['message:timeout', words('timeout')],
  ['message:"time out"', phrase('time out')],
  ['http://x.org/a', and(words('http', 'x', 'org', 'a'), phrase('http://x.org/a'))],
  ['std::string', and(words('std', 'string'), phrase('std::string'))],
  ['12:30', and(words('12', '30'), phrase('12:30'))],
  ['Error:', and(words('Error'), phrase('Error:'))],
  ['path:/api/logs', and(words('path', 'api', 'logs'), phrase('path:/api/logs'))],
  ['path:"/api/logs"', attribute('path', '=', '/api/logs')],
])('%j is understood', (text, expected) => {
  expect(parseSearchText(text)).toEqual(expected);
});

test.each([
  ['say "hi', 5, 'never closed'],
  ['"a"b', 4, 'space'],
  ['""', 1, 'empty'],
  ['service:', 9, 'missing'],
  ['service: api', 9, 'missing'],
  ['attr.x:', 8, 'missing'],
  ['severity:loud', 10, 'expected debug'],
  ['severity:*', 10, 'every event'],
  ['duration_ms:fast', 13, 'number'],
  ['attr.x:>=abc', 10, 'number'],
  ['service:>=b', 11, 'text'],
  ['attr.x:>*', 9, 'compared'],
  ['a OR b', 3, 'no meaning'],
  ['NOT a', 1, 'no meaning'],
  ['time*', 5, 'wildcard'],
  ['x *out', 3, 'wildcard'],
  ['service:api*', 12, 'wildcard'],
  ['-*', 2, 'exclude'],
  ['timestamp:5', 1, 'from and to'],
  ['event_id:5', 1, '/api/logs/'],
])('%j is refused at character %i', (text, character, reason) => {
  expect(() => parseSearchText(text)).toThrow(
    expect.objectContaining({
      code: 'invalid_query',
      field: 'q',
      message: expect.stringMatching(new RegExp(`^character ${character} of q: .*${reason}`)),
    }),
  );
});

test('the limits hold', () => {
  expect(() => parseSearchText('x '.repeat(SEARCH_TERMS_MAX + 1))).toThrow(/terms/);
  expect(() => parseSearchText('x'.repeat(SEARCH_TEXT_CHARACTERS_MAX + 1))).toThrow(/longer/);
  expect(parseSearchText('x '.repeat(SEARCH_TERMS_MAX))).not.toBeNull();
});

test('any text is read or refused, nothing else', () => {
  const piece = fc.constantFrom(
    '"',
    '\\',
    '-',
    ':',
    '*',
    '>=',
    ' ',
    'a',
    'attr.x',
    'severity',
    'label.',
    '1',
    '\ud800',
    'É',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((list) => list.join('')),
      ),
      (text) => {
        try {
          parseSearchText(text);
        } catch (error) {
          expect(error).toBeInstanceOf(PermanentError);
        }
      },
    ),
  );
});
