import { expect, test } from 'vitest';
import { renderMarkdownTable, renderTable } from './render-table.ts';

test('columns are aligned, numbers on the right', () => {
  expect(
    renderTable(
      ['NAME', 'N'],
      [
        ['a', '1'],
        ['long', '100'],
      ],
      { numbers: [false, true] },
    ),
  ).toBe('NAME    N\na       1\nlong  100\n');
});

test('on a terminal the longest cells are cut until lines fit', () => {
  const row = ['x'.repeat(40), 'y'.repeat(30), 'short'];
  const table = renderTable(['A', 'B', 'C'], [row], { width: 40 });
  expect(table.split('\n').map((line) => line.length)).toEqual([36, 40, 0].map((length) => Math.min(length, 40)));
  expect(table).toContain('…');
  expect(renderTable(['A', 'B', 'C'], [row])).toContain(row.join('  '));
});

test('a terminal that is too narrow for any table gets one that is not', () => {
  expect(renderTable(['A', 'B'], [['x'.repeat(40), 'y'.repeat(40)]], { width: 10 })).toBe(
    `A             B\n${'x'.repeat(11)}…  ${'y'.repeat(11)}…\n`,
  );
});

test('Markdown that a cell holds means nothing', () => {
  expect(renderMarkdownTable(['A'], [['a|b *c* <d>\n']])).toBe('| A |\n| --- |\n| a\\|b \\*c\\* &lt;d\\>\\\\n |\n');
});
