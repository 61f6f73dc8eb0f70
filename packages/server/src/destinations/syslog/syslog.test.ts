import type { Event } from '@tailwater/schema';
import { expect, test } from 'vitest';
import { sampleEvent } from '../../../test/support/destination-events.ts';
import { parseMessage } from '../../../test/support/vendors/syslog.ts';
import { syslog } from './index.ts';

const textOf = (fields: Partial<Event> = {}, settings: object = {}) =>
  Buffer.from(syslog.encode(sampleEvent(1, fields), syslog.config.parse({ host: 'a', ...settings }))).toString();
const messageOf = (fields: Partial<Event> = {}, settings: object = {}) => {
  const text = textOf(fields, settings);
  const [, length, message] = /^(\d+) ([\s\S]*)$/.exec(text)!;
  expect(Number(length)).toBe(Buffer.byteLength(message!));
  return parseMessage(message!);
};

test('a message of RFC 5424 with everything in it', () => {
  const found = messageOf({ timestampNs: 1_795_262_400_123_456_789n });
  expect(found).toMatchObject({
    ...{ priority: 12, time: '2026-11-21T12:00:00.123456Z', host: 'box-1', app: 'shop', procid: '-' },
    ...{ msgid: 'gateway.request', message: sampleEvent(1).message },
  });
  expect(found!.data).toContain('trace_id="a0f81bfd3b4688fdbb096b93da06f28e"');
  expect(found!.data).toContain('tags="[\\"a\\",{\\"b\\":1}\\]"');
});

test.each([
  [24, 0],
  [23, 0],
  [22, 1],
  [21, 2],
  [20, 3],
  [17, 3],
  [13, 4],
  [10, 5],
  [9, 6],
  [8, 7],
  [1, 7],
])('severity number %i is severity %i', (severityNumber, severity) => {
  expect(messageOf({ severityNumber }, { facility: 'local3' })!.priority).toBe(19 * 8 + severity);
});

test('what came as syslog goes out as the same', () => {
  const text = (value: string) => ({ kind: 'string', text: value }) as const;
  const found = messageOf({
    attributes: {
      'syslog.facility': text('auth'),
      'syslog.procid': text('77'),
      'syslog.msgid': text('M1'),
      'ex@1.k': text('w "x" ]\\'),
    },
  });
  expect(found).toMatchObject({ priority: 4 * 8 + 4, procid: '77', msgid: 'M1' });
  expect(found!.data).toContain('[ex@1 k="w \\"x\\" \\]\\\\"]');
  expect(found!.data).not.toContain('syslog.');
});

test('what a header cannot hold is whole in the structured data', () => {
  const found = messageOf({ service: `größe ${'x'.repeat(60)}`, host: '', eventType: '' });
  expect(found).toMatchObject({ app: `gr__e_${'x'.repeat(42)}`, host: '-', msgid: '-' });
  expect(found!.data).toContain(`service="größe ${'x'.repeat(60)}"`);
});

test('names of parameters that become one are told apart', () => {
  const one = { kind: 'string', text: '1' } as const;
  const names = ['a b', 'a=b', 'n'.repeat(40), `${'n'.repeat(32)}y`];
  const found = messageOf({ attributes: Object.fromEntries(names.map((name) => [name, one])) });
  expect(found!.data).toContain(`[attributes@32473 a_b="1" a_b_2="1" ${'n'.repeat(32)}="1" ${'n'.repeat(30)}_2="1"`);
});

test('a line is a message where that is the framing', () => {
  const text = textOf({ message: 'two\nlines\r\0' }, { framing: 'newline' });
  expect(text.endsWith(' two#012lines#015#000\n')).toBe(true);
  expect(text.indexOf('\n')).toBe(text.length - 1);
});

test('SYSLOG_URL', () => {
  const configOf = (url: string) => syslog.fromEnvironment({ SYSLOG_URL: url })?.config;
  expect(configOf('tls://logs.example.com')).toMatchObject({ host: 'logs.example.com', port: 6514, tls: true });
  expect(configOf('tcp://[::1]:5514')).toMatchObject({ host: '::1', port: 5514, tls: false });
  expect(configOf('nothing')).toBeUndefined();
});
