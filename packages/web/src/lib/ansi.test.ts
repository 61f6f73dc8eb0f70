import { expect, test } from 'vitest';
import { type AnsiSpan, parseAnsi, stripAnsi } from './ansi.ts';

const E = '\u001b';
const plain = (text: string): AnsiSpan => ({ text, className: '' });

test.each<[string, AnsiSpan[]]>([
  ['plain', [plain('plain')]],
  [`${E}[31mred${E}[0m rest`, [{ text: 'red', className: 'text-error' }, plain(' rest')]],
  [`${E}[1;92mok${E}[m`, [{ text: 'ok', className: 'text-good font-bold' }]],
  [`a${E}[2mfaint${E}[22mb`, [plain('a'), { text: 'faint', className: 'text-muted' }, plain('b')]],
  [`${E}[41;37mboth`, [{ text: 'both', className: 'bg-error-soft text-error' }]],
  [`${E}[31m${E}[39mnone`, [plain('none')]],
  [`${E}[38;5;196mx`, [{ text: 'x', className: 'text-error' }]],
  [`${E}[38;5;240mx`, [{ text: 'x', className: 'text-muted' }]],
  [`${E}[38;2;255;200;10mx`, [{ text: 'x', className: 'text-warn' }]],
  [`${E}[38:2:10:20:250mx`, [{ text: 'x', className: 'text-info' }]],
  [`${E}[48;5;21;1mx`, [{ text: 'x', className: 'bg-info-soft text-info font-bold' }]],
  [`${E}[3;4;9mx${E}[23;24;29my`, [{ text: 'x', className: 'italic underline line-through' }, plain('y')]],
  [`\u009b33mx`, [{ text: 'x', className: 'text-warn' }]],
])('%j', (text, spans) => {
  expect(parseAnsi(text)).toEqual(spans);
});

test.each([
  ['a cursor that moves', `a${E}[2K${E}[1Gb`, 'ab'],
  ['a title', `${E}]0;title\u0007text`, 'text'],
  ['a link', `${E}]8;;https://example.com${E}\\text${E}]8;;${E}\\`, 'text'],
  ['a character set', `${E}(Btext`, 'text'],
  ['one that has no end', `text${E}[31`, 'text'],
  ['a string that has no end', `text${E}]0;title`, 'text'],
  ['an escape alone', `text${E}`, 'text'],
  ['two escapes', `${E}${E}[31mtext`, 'text'],
])('drops %s', (_what, text, left) => {
  expect(stripAnsi(text)).toBe(left);
});

test('spans of the same look are one', () => {
  expect(parseAnsi(`${E}[31ma${E}[2Kb${E}[31mc`)).toEqual([{ text: 'abc', className: 'text-error' }]);
});
