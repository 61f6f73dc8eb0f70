import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { joinMessages } from '../util/framed.ts';
import { decodeForTest } from '../util/test-batch.ts';
import { decodeSyslog } from './decode.ts';

const FIXTURES = new URL('./fixtures/', import.meta.url);
const RECEIVED_AT = Date.UTC(2026, 10, 21, 14, 0, 10);

const decodeBody = (body: Buffer, receivedAtMs = RECEIVED_AT, limits = {}) =>
  decodeForTest(
    (batch) => decodeSyslog(body, batch, { format: 'syslog', query: '', params: {}, receivedAtMs }),
    limits,
  );
const decode = (message: string | Buffer, receivedAtMs = RECEIVED_AT, peer = '10.1.2.3') =>
  decodeBody(joinMessages([{ bytes: Buffer.from(message as string), peer }]), receivedAtMs).events?.[0] ?? {};

test.each(readdirSync(FIXTURES))('fixture %s', async (name) => {
  const folder = new URL(`${name}/`, FIXTURES);
  const input = readdirSync(folder).find((file) => file.startsWith('input.'))!;
  const decoded = decodeBody(readFileSync(new URL(input, folder)));
  const expected = new URL('expected.json', folder).pathname;
  await expect(`${JSON.stringify(decoded, null, 2)}\n`).toMatchFileSnapshot(expected);
});

const AT = '2026-11-21T14:00:00.000000000Z';
const user = { 'syslog.facility': 'user' };

test.each([
  // RFC 5424, its own examples
  [
    "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick on /dev/pts/8",
    {
      timestamp: '2003-10-11T22:14:15.003000000Z',
      severityNumber: 21,
      host: 'mymachine.example.com',
      service: 'su',
      message: "'su root' failed for lonvick on /dev/pts/8",
      attributes: { 'syslog.facility': 'auth', 'syslog.msgid': 'ID47' },
    },
  ],
  [
    '<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It’s time.',
    {
      timestamp: '2003-08-24T12:14:15.000003000Z',
      severityNumber: 10,
      host: '192.0.2.1',
      service: 'myproc',
      message: '%% It’s time.',
      attributes: { 'syslog.facility': 'local4', 'syslog.procid': '8710' },
    },
  ],
  [
    '<165>1 2003-10-11T22:14:15.003Z h app - ID47 [ex@32473 iut="3" src="a \\"b\\" \\\\ \\] c"][prio@32473 class="high"] x',
    {
      timestamp: '2003-10-11T22:14:15.003000000Z',
      severityNumber: 10,
      host: 'h',
      service: 'app',
      message: 'x',
      attributes: {
        'syslog.facility': 'local4',
        'syslog.msgid': 'ID47',
        'ex@32473.iut': '3',
        'ex@32473.src': 'a "b" \\ ] c',
        'prio@32473.class': 'high',
      },
    },
  ],
  // parts missing
  ['<14>1 - - - - - -', { severityNumber: 9, host: '10.1.2.3', attributes: user }],
  ['<14>1 - h', { severityNumber: 9, host: 'h', attributes: user }],
  [
    '<14>1 - h a p m',
    { severityNumber: 9, host: 'h', service: 'a', attributes: { ...user, 'syslog.procid': 'p', 'syslog.msgid': 'm' } },
  ],
  ['<14>1 - h a - - [x]', { severityNumber: 9, host: 'h', service: 'a', attributes: { ...user, x: '' } }],
  [
    '<14>1 - h a - - [x] m',
    { severityNumber: 9, host: 'h', service: 'a', message: 'm', attributes: { ...user, x: '' } },
  ],
  // structured data that nobody escaped, or that is none
  [
    '<14>1 - h a - - [x k="say "hi", ] now" l="\\n"] m',
    {
      severityNumber: 9,
      host: 'h',
      service: 'a',
      message: 'm',
      attributes: { ...user, 'x.k': 'say "hi", ] now', 'x.l': '\\n' },
    },
  ],
  [
    '<14>1 - h a - - [error] [x k=1] m',
    { severityNumber: 9, host: 'h', service: 'a', message: '[x k=1] m', attributes: { ...user, error: '' } },
  ],
  [
    '<14>1 - h a - - [x k="1" m',
    { severityNumber: 9, host: 'h', service: 'a', message: '[x k="1" m', attributes: user },
  ],
  ['<14>1 - h a - - hello', { severityNumber: 9, host: 'h', service: 'a', message: 'hello', attributes: user }],
  [
    '<14>1 Nov 21 14:00:00 h a - - - m',
    { timestamp: AT, severityNumber: 9, host: 'h', service: 'a', message: 'm', attributes: user },
  ],
  // RFC 3164
  [
    "<34>Nov 21 14:00:00 mymachine su: 'su root' failed",
    {
      timestamp: AT,
      severityNumber: 21,
      host: 'mymachine',
      service: 'su',
      message: "'su root' failed",
      attributes: { 'syslog.facility': 'auth' },
    },
  ],
  [
    '<86>Nov 21 14:00:00 h postfix/smtpd[12]: connect',
    {
      timestamp: AT,
      severityNumber: 9,
      host: 'h',
      service: 'postfix/smtpd',
      message: 'connect',
      attributes: { 'syslog.facility': 'authpriv', 'syslog.procid': '12' },
    },
  ],
  [
    '<13>Nov 21 14:00:00 su: no host',
    { timestamp: AT, severityNumber: 10, host: '10.1.2.3', service: 'su', message: 'no host', attributes: user },
  ],
  [
    '<13>Nov 21 14:00:00 app[7]: no host',
    {
      timestamp: AT,
      severityNumber: 10,
      host: '10.1.2.3',
      service: 'app',
      message: 'no host',
      attributes: { ...user, 'syslog.procid': '7' },
    },
  ],
  [
    '<13>Nov 21 14:00:00 h this has no tag',
    { timestamp: AT, severityNumber: 10, host: 'h', message: 'this has no tag', attributes: user },
  ],
  [
    '<13>Nov  1 14:00:00 - t: m',
    {
      timestamp: '2026-11-01T14:00:00.000000000Z',
      severityNumber: 10,
      host: '10.1.2.3',
      service: 't',
      message: 'm',
      attributes: user,
    },
  ],
  [
    '<13>Nov 21 14:00:00.25 h t: m',
    {
      timestamp: '2026-11-21T14:00:00.250000000Z',
      severityNumber: 10,
      host: 'h',
      service: 't',
      message: 'm',
      attributes: user,
    },
  ],
  [
    '<13>Nov 21 2026 14:00:00 h t: m',
    { timestamp: AT, severityNumber: 10, host: 'h', service: 't', message: 'm', attributes: user },
  ],
  [
    '<13>Nov 21 14:00:00 2026 h t: m',
    { timestamp: AT, severityNumber: 10, host: 'h', service: 't', message: 'm', attributes: user },
  ],
  [
    '<13>2026-11-21T15:00:00.000001+01:00 h t[1]: m',
    {
      timestamp: '2026-11-21T14:00:00.000001000Z',
      severityNumber: 10,
      host: 'h',
      service: 't',
      message: 'm',
      attributes: { ...user, 'syslog.procid': '1' },
    },
  ],
  [
    '<13>Nov 21 14:00:00 fe80::1 t: m',
    { timestamp: AT, severityNumber: 10, host: 'fe80::1', service: 't', message: 'm', attributes: user },
  ],
  [
    '<13>Nov 21 14:00:00 last message repeated 3 times',
    { timestamp: AT, severityNumber: 10, host: '10.1.2.3', message: 'last message repeated 3 times', attributes: user },
  ],
  [
    '<13>Nov 21 14:00:00 h last message repeated 3 times',
    { timestamp: AT, severityNumber: 10, host: 'h', message: 'last message repeated 3 times', attributes: user },
  ],
  [
    '<13>Nov 21 14:00:00 h CEF:0|Vendor|P|1|100|worm|10|src=1',
    { timestamp: AT, severityNumber: 10, host: 'h', message: 'CEF:0|Vendor|P|1|100|worm|10|src=1', attributes: user },
  ],
  [
    '<13>Nov 21 14:00:00 CEF:0|Vendor|P',
    { timestamp: AT, severityNumber: 10, host: '10.1.2.3', message: 'CEF:0|Vendor|P', attributes: user },
  ],
  [
    '<13>Nov 21 14:00:00 h LEEF:2.0|V|P',
    { timestamp: AT, severityNumber: 10, host: 'h', message: 'LEEF:2.0|V|P', attributes: user },
  ],
  [
    '<34>sshd[5]: no time',
    {
      severityNumber: 21,
      host: '10.1.2.3',
      service: 'sshd',
      message: 'no time',
      attributes: { 'syslog.facility': 'auth', 'syslog.procid': '5' },
    },
  ],
  [
    '<34>nothing else',
    { severityNumber: 21, host: '10.1.2.3', message: 'nothing else', attributes: { 'syslog.facility': 'auth' } },
  ],
  [
    '<34>1 is no version here',
    {
      severityNumber: 21,
      host: '10.1.2.3',
      message: '1 is no version here',
      attributes: { 'syslog.facility': 'auth' },
    },
  ],
  ['<34>', { severityNumber: 21, host: '10.1.2.3', attributes: { 'syslog.facility': 'auth' } }],
  // Cisco
  [
    '<189>123: *Mar  1 00:00:00.123: %SYS-5-CONFIG_I: Configured from console',
    {
      timestamp: '2026-03-01T00:00:00.123000000Z',
      severityNumber: 10,
      host: '10.1.2.3',
      message: '%SYS-5-CONFIG_I: Configured from console',
      attributes: { 'syslog.facility': 'local7', 'syslog.sequence': '123 (number)' },
    },
  ],
  [
    '<189>000123: switch-1: Mar  1 00:00:00.123 UTC: %SYS-5-X: y',
    {
      timestamp: '2026-03-01T00:00:00.123000000Z',
      severityNumber: 10,
      host: 'switch-1',
      message: '%SYS-5-X: y',
      attributes: { 'syslog.facility': 'local7', 'syslog.sequence': '123 (number)' },
    },
  ],
  [
    '<166>Nov 21 2026 14:00:00: %ASA-6-302013: Built',
    {
      timestamp: AT,
      severityNumber: 9,
      host: '10.1.2.3',
      message: '%ASA-6-302013: Built',
      attributes: { 'syslog.facility': 'local4' },
    },
  ],
  // no priority
  [
    'Nov 21 14:00:00 h t: m',
    { timestamp: AT, severityNumber: 10, host: 'h', service: 't', message: 'm', attributes: user },
  ],
  ['hello: world', { severityNumber: 10, host: '10.1.2.3', message: 'hello: world', attributes: user }],
  [
    '<192>Nov 21 14:00:00 h t: m',
    { severityNumber: 10, host: '10.1.2.3', message: '<192>Nov 21 14:00:00 h t: m', attributes: user },
  ],
  ['<x>m', { severityNumber: 10, host: '10.1.2.3', message: '<x>m', attributes: user }],
  // ends
  ['<13>m\n', { severityNumber: 10, host: '10.1.2.3', message: 'm', attributes: user }],
  [
    '<13>Nov 31 14:00:00 h t: m',
    { severityNumber: 10, host: '10.1.2.3', message: 'Nov 31 14:00:00 h t: m', attributes: user },
  ],
  [
    '<13>Nov 21 24:00:00 h t: m',
    { severityNumber: 10, host: '10.1.2.3', message: 'Nov 21 24:00:00 h t: m', attributes: user },
  ],
])('%j', (message, expected) => {
  expect(decode(message)).toEqual(expected);
});

test.each([23, 22, 21, 17, 13, 10, 9, 5].map((number, severity) => [severity, number]))(
  'severity %i is %i',
  (severity, number) => {
    expect(decode(`<${8 + severity}>m`).severityNumber).toBe(number);
  },
);

test.each([
  ['Dec 31 23:59:59', Date.UTC(2027, 0, 1, 0, 0, 1), '2026-12-31T23:59:59'],
  ['Jan  1 00:00:01', Date.UTC(2026, 11, 31, 23, 59, 59), '2027-01-01T00:00:01'],
  ['Nov 22 13:00:00', RECEIVED_AT, '2026-11-22T13:00:00'],
  ['Nov 23 14:00:00', RECEIVED_AT, '2025-11-23T14:00:00'],
  ['Feb 29 14:00:00', RECEIVED_AT, '2024-02-29T14:00:00'],
])('%s has the latest year that is not ahead', (text, receivedAtMs, expected) => {
  expect(String(decode(`<13>${text} h t: m`, receivedAtMs).timestamp).slice(0, 19)).toBe(expected);
});

test('bytes that are no UTF-8 become U+FFFD', () => {
  expect(decode(Buffer.from('<13>gr\xfc\xdfe', 'latin1')).message).toBe('gr\ufffd\ufffde');
});

test('what was cut says so; an empty message is rejected and its neighbours are not', () => {
  const [bytes, peer] = [Buffer.from('<13>m'), '::1'];
  const body = joinMessages([
    { bytes, peer, isCut: true },
    { bytes: Buffer.from('\n'), peer },
    { bytes, peer: '' },
  ]);
  const { events, rejections } = decodeBody(body);
  expect(events).toMatchObject([{ host: '::1', attributes: { 'syslog.truncated': 'true (bool)' } }, { message: 'm' }]);
  expect(events?.[1].host).toBeUndefined();
  expect(rejections).toMatchObject([{ index: 1, code: 'invalid_body' }]);
});

test('limits are named; a body that is none of ours is refused', () => {
  const messages = Array.from({ length: 3 }, () => ({ bytes: Buffer.from('<13>m'), peer: '' }));
  expect(decodeBody(joinMessages(messages), RECEIVED_AT, { batchEventsMax: 2 }).error?.code).toBe('too_many_events');
  for (const body of ['<13>m', '5 ', '9999999999 - x', '5 - <13>m', '4 - <13>m\n']) {
    expect(decodeBody(Buffer.from(body)).error?.code).toBe('invalid_body');
  }
});
