import { expect, test } from 'vitest';
import { readyLine, type StartedServer, welcome } from './announce.ts';

const SERVER: StartedServer = {
  url: 'http://127.0.0.1:4750',
  httpPort: 4750,
  otlpHttpPort: 4318,
  listenerPorts: { 'otlp.http': 4318 },
  dataDir: '/data',
  openMode: true,
  generatedKey: 'tw_secret',
  webUrl: 'http://127.0.0.1:4750/sign-in#twl_secret',
};

test('the ready line is one line of JSON without the secrets', () => {
  expect(readyLine(SERVER)).toMatch(/^[^\n]*\n$/);
  expect(JSON.parse(readyLine(SERVER))).toEqual({
    event: 'ready',
    http: 4750,
    otlp_http: 4318,
    listeners: { 'otlp.http': 4318 },
    url: 'http://127.0.0.1:4750',
    data_dir: '/data',
    open_mode: true,
  });
});

test.each<[string, Partial<StartedServer>, string[], string[]]>([
  ['open, first start', {}, ['4318', '/data', 'shown this once: tw_secret', 'need no key'], ['Bearer']],
  ['open, later', { generatedKey: null }, ['need no key'], ['shown this once', 'Bearer']],
  ['with keys, first start', { openMode: false }, ['Bearer tw_secret', 'shown this once'], ['need no key']],
  ['with keys, later', { openMode: false, generatedKey: null }, ['Bearer $TAILWATER_API_KEY'], ['shown this once']],
  [
    'open, with the web UI',
    { webUrl: 'http://127.0.0.1:4750' },
    ['Web UI: http://127.0.0.1:4750\n'],
    ['tailwater sign-in'],
  ],
  [
    'with keys and the web UI',
    { openMode: false },
    ['within 24 hours: http://127.0.0.1:4750/sign-in#twl_secret\n', 'tailwater sign-in'],
    [],
  ],
  ['without the web UI', { webUrl: null, openMode: false }, [], ['Web UI', 'sign-in']],
  ['no OTLP port', { otlpHttpPort: null }, [], ['OTLP', 'Other ports']],
  [
    'ports of receivers',
    { listenerPorts: { 'otlp.http': 4318, 'syslog.udp': 514, 'gelf.tcp': 12201 } },
    ['Other ports: syslog.udp 514, gelf.tcp 12201\n'],
    ['otlp.http'],
  ],
])('welcome: %s', (_name, change, holds, lacks) => {
  const text = welcome({ ...SERVER, ...change });
  for (const part of holds) expect(text).toContain(part);
  for (const part of lacks) expect(text).not.toContain(part);
});
