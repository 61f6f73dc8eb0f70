import { expect, test } from 'vitest';
import { sampleEvent } from '../../../test/support/destination-events.ts';
import { datadog } from './index.ts';

const logOf = (settings: object, fields = {}) =>
  JSON.parse(Buffer.from(datadog.encode(sampleEvent(1, fields), datadog.config.parse(settings))).toString()) as Record<
    string,
    unknown
  >;

test('reserved attributes are what Datadog reads', () => {
  const log = logOf({ tags: ['env:prod'], source: 'nodejs' });
  expect(log).toMatchObject({
    ...{ ddsource: 'nodejs', ddtags: 'env:prod,region:north,tier:web', service: 'shop', hostname: 'box-1' },
    ...{ status: 'warn', 'usr.id': 'u-1', duration: 12_500_000, 'http.status_code': 200 },
  });
  expect(Math.abs(Date.now() - Number(log.timestamp))).toBeLessThan(60_000);
});

test('attributes of users take no reserved name', () => {
  const attributes = { status: { kind: 'string', text: 'odd' }, host: { kind: 'string', text: 'not a host' } };
  expect(logOf({}, { attributes })).toMatchObject({
    status: 'warn',
    'attributes.status': 'odd',
    'attributes.host': 'not a host',
  });
});

test('an event has its own source, and a service where it names none', () => {
  const attributes = { ddsource: { kind: 'string', text: 'nginx' } };
  expect(logOf({ service: 'fallback' }, { attributes, service: '' })).toMatchObject({
    ddsource: 'nginx',
    service: 'fallback',
  });
  expect(logOf({ service: 'fallback' })).toMatchObject({ service: 'shop' });
});

test('the usual variables', () => {
  const environment = {
    DD_API_KEY: 'k3y',
    DD_SITE: 'datadoghq.eu',
    DD_ENV: 'prod',
    DD_TAGS: 'team:a,tier:b',
    DD_SERVICE: ' ',
  };
  expect(datadog.fromEnvironment(environment)).toMatchObject({
    config: { site: 'datadoghq.eu', tags: ['team:a', 'tier:b', 'env:prod'], source: 'tailwater' },
    secrets: { api_key: 'k3y' },
  });
});
