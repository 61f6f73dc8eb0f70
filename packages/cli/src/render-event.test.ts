import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { EventRenderer, plainText } from './render-event.ts';
import { renderTable } from './render-table.ts';

const EVENT = {
  event_id: '0000000000000001000000',
  timestamp: '2026-03-01T09:30:00.123456789Z',
  log_type: 'auth',
  event_type: 'login_failed',
  severity: 'warn',
  message: 'wrong password',
  service: 'gateway',
  user_id: 'u-7',
  resource_id: '',
  duration_ms: 12.5,
  cost: null,
  trace_id: 'abc',
  metadata: { client: { ip: '10.0.0.1' }, tries: 3, note: 'two words', ok: false },
};

const render = (event: Record<string, unknown>): string => new EventRenderer(false).render(event);

describe('an event as a line', () => {
  test('time severity service type message key=value', () => {
    expect(render(EVENT)).toBe(
      '2026-03-01T09:30:00.123Z warn     gateway auth/login_failed wrong password user_id=u-7 duration_ms=12.5 trace_id=abc client={"ip":"10.0.0.1"} tries=3 note="two words" ok=false',
    );
  });

  test.each<[string, Record<string, unknown>, string]>([
    [
      'a time without a fraction',
      { timestamp: '2026-03-01T09:30:00Z', severity: 'info', message: 'm' },
      '2026-03-01T09:30:00.000Z info     m',
    ],
    [
      'no event type',
      { timestamp: '2026-03-01T09:30:00Z', severity: 'critical', log_type: 'app', message: 'm' },
      '2026-03-01T09:30:00.000Z critical app m',
    ],
    [
      'a time that is none',
      { timestamp: 'soon', severity: 'info', message: 'm' },
      'soon                     info     m',
    ],
    ['quotes in a value', { metadata: { a: 'x"y', b: 'p=q' } }, `${' '.repeat(24)} ${' '.repeat(8)} a="x\\"y" b="p=q"`],
  ])('%s', (_name, event, line) => expect(render(event)).toBe(line));

  test('columns widen with what came and stay, up to a limit', () => {
    const renderer = new EventRenderer(false);
    const at = (service: string): number => renderer.render({ service, message: 'MESSAGE' }).indexOf('MESSAGE');
    const short = at('ab');
    expect(at('abcdef')).toBe(short + 4);
    expect(at('ab')).toBe(short + 4);
    expect(at('x'.repeat(60))).toBe(short + 58);
    expect(at('ab')).toBe(short + 22);
  });

  test('colours only where they are wanted, by severity', () => {
    const coloured = (severity: string): string => new EventRenderer(true).render({ ...EVENT, severity });
    expect(render(EVENT)).not.toContain('\u001b');
    expect(coloured('error')).toContain('\u001b[31merror');
    expect(coloured('warn')).toContain('\u001b[33mwarn');
    expect(coloured('other')).toContain('other');
    expect(stripVTControlCharacters(coloured('warn'))).toBe(render(EVENT));
  });
});

describe('nothing of an event steers the terminal', () => {
  test.each([
    ['\u001b[2Jgone', '\\x1b[2Jgone'],
    ['two\nlines\r\n', 'two\\nlines\\x0d\\n'],
    ['tab\tbell\u0007', 'tab\\tbell\\x07'],
    ['\u009b31m', '\\x9b31m'],
    ['\u202eevil', '\\u202eevil'],
    ['ä ✓ 漢字 😀', 'ä ✓ 漢字 😀'],
  ])('%j', (text, shown) => expect(plainText(text)).toBe(shown));

  test('in any field', () => {
    const evil = '\u001b]0;x\u0007\n';
    const fields = ['timestamp', 'severity', 'service', 'log_type', 'event_type', 'message', 'user_id', 'trace_id'];
    const event = {
      ...Object.fromEntries(fields.map((field) => [field, evil])),
      metadata: { [evil]: evil, b: { c: evil, d: '\u009b' } },
    };
    expect(render(event)).not.toMatch(/\p{Cc}/u);
    expect(renderTable(['A'], [[evil]])).toBe('A\n\\x1b]0;x\\x07\\n\n');
  });
});

test('a table aligns its columns', () => {
  expect(
    renderTable(
      ['ID', 'NAME'],
      [
        ['1', 'one'],
        ['22', ''],
      ],
    ),
  ).toBe('ID  NAME\n1   one\n22\n');
  expect(renderTable(['ID', 'NAME'], [])).toBe('ID  NAME\n');
});

test('values that are too long for a terminal are cut, and say how to see them', () => {
  const renderer = new EventRenderer(false, 'utc', 5);
  const line = renderer.render({ message: 'a long message', metadata: { short: 'abc', long: 'abcdefg' } });
  expect(line.trim()).toBe('a lon… (9 more characters: --json) short=abc long=abcde… (2 more characters: --json)');
});
