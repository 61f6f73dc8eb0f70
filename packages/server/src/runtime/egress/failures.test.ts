import { describe, expect, test } from 'vitest';
import { PermanentError } from '../errors.ts';
import { ConnectTimeoutError } from './dial.ts';
import { describeConnectionFailure } from './failures.ts';
import { clockSkewMs, clockStep } from './probe.ts';

const coded = (code: string, cause?: Error) => Object.assign(new Error('connect 10.0.0.1:443'), { code, cause });

describe('what became of a connection, in words', () => {
  test.each<[string, unknown, string, RegExp]>([
    ['an unknown name', coded('ENOTFOUND'), 'address', /not found/],
    ['no name server', coded('EAI_AGAIN'), 'address', /name server/],
    ['a refusal', coded('ECONNREFUSED'), 'connection', /refused/],
    ['no route', coded('EHOSTUNREACH'), 'connection', /no way/],
    [
      'the first of several',
      new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')]),
      'connection',
      /refused/,
    ],
    ['a cause', coded('UND_ERR_SOCKET', coded('ECONNRESET')), 'connection', /cut off/],
    ['an unknown cause', coded('UND_ERR_SOCKET', new Error('other side closed')), 'connection', /cut off/],
    ['self-signed', coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'tls', /self-signed/],
    ['an unknown CA', coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'tls', /not trusted/],
    ['no TLS', coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'tls', /does not speak TLS/],
    ['another fault of TLS', coded('ERR_SSL_NO_CIPHER_MATCH'), 'tls', /ERR_SSL_NO_CIPHER_MATCH/],
    ['another fault of a certificate', coded('CERT_REJECTED'), 'tls', /CERT_REJECTED/],
    ['a timeout of the name server', new ConnectTimeoutError('address', 5000), 'address', /within 5 s/],
    ['a timeout of the host', new ConnectTimeoutError('connection', 5000), 'connection', /did not answer within 5 s/],
    ['a denied address', new PermanentError('egress_denied', 'may not'), 'address', /may not/],
    ['what is no error', 'boom', 'connection', /no connection/],
    ['an abort', AbortSignal.abort().reason, 'connection', /stopping/],
  ])('%s', (_what, error, step, detail) => {
    const failure = describeConnectionFailure(error);
    expect(failure.step).toBe(step);
    expect(failure.detail).toMatch(detail);
    expect(failure.advice).not.toBe('');
    expect(JSON.stringify(failure)).not.toContain('10.0.0.1');
  });
});

describe('the clock', () => {
  const now = Date.parse('2026-01-01T00:10:00Z');
  test.each<[string, string | undefined, number | null]>([
    ['ahead', 'Thu, 01 Jan 2026 00:00:00 GMT', 600_000],
    ['behind', 'Thu, 01 Jan 2026 00:20:00 GMT', -600_000],
    ['unknown', undefined, null],
    ['nonsense', 'yesterday', null],
  ])('%s', (_what, date, skew) => expect(clockSkewMs(date === undefined ? {} : { date }, now)).toBe(skew));

  test('is a failed step when it is minutes off', () => {
    expect(clockStep({ date: 'Thu, 01 Jan 2026 00:09:00 GMT' }, now)).toBeNull();
    expect(clockStep({ date: 'Thu, 01 Jan 2026 00:00:00 GMT' }, now)).toMatchObject({
      ok: false,
      detail: 'the clock of this machine is 10 minutes ahead of the destination’s',
    });
  });
});
