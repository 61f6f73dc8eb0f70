import { describe, expect, test } from 'vitest';
import { KEY_PLACEHOLDER, placeOf, SOURCES, stepsOf } from './sources.ts';

const place = placeOf('https://logs.example.com', 'tw_secret', {});

describe('snippets', () => {
  test.each(SOURCES.map((source) => [source.id, source] as const))(
    '%s names the server or its port, and the key once a client sends it',
    (_, source) => {
      const text = stepsOf(source, place)
        .map(({ code }) => code)
        .join('\n');
      expect(text).toContain(source.id === 'files' ? 'file-tail' : 'logs.example.com');
      if (source.listener === undefined && source.id !== 'files') expect(text).toContain('tw_secret');
      expect(text).not.toContain(KEY_PLACEHOLDER);
    },
  );

  test('ids are not used twice', () => {
    expect(new Set(SOURCES.map(({ id }) => id)).size).toBe(SOURCES.length);
  });

  test('a port that is open is not opened again, and its number is used', () => {
    const syslog = SOURCES.find(({ id }) => id === 'syslog')!;
    expect(stepsOf(syslog, place)[0]!.code).toContain('tcp: 5514');
    const open = stepsOf(syslog, placeOf('http://box:4750', 'k', { 'syslog.tcp': 601 }));
    expect(open[0]!.code).toBe(
      'logger --server box --port 601 --tcp --octet-count --rfc5424 --tag my-service "hello, tailwater"',
    );
  });

  test('the port of an address without one is that of its scheme', () => {
    expect(placeOf('https://a.example', 'k', {})).toMatchObject({ host: 'a.example', port: '443' });
    expect(placeOf('http://127.0.0.1:4750/', 'k', {})).toMatchObject({ url: 'http://127.0.0.1:4750', port: '4750' });
  });
});
