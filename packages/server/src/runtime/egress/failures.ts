import { isKnownError, RetryableError } from '../errors.ts';
import { type ConnectStep, ConnectTimeoutError } from './dial.ts';

/** What became of a connection, for people. Holds no resolved address. */
export interface ConnectionFailure {
  /** How far it came; `connection` is also what broke later. */
  step: ConnectStep;
  detail: string;
  advice: string;
}

type Words = readonly [ConnectStep, string, string];

const WAIT = 'Look whether the destination is up; what is for it waits and is sent again.';
const CA = 'Set the CA certificate that signed it as `ca` of the integration.';
const CLOCK = 'Renew the certificate there; if it is valid, look at the clock of this machine.';
const CLIENT = 'Set the client certificate and key that it expects in the TLS settings of the integration.';
const ROUTE = 'Look at the host, the port, and the firewalls between.';
const PLAIN = 'Look at the port, and whether it speaks TLS (https://) or not.';

/** By `code` of Node, OpenSSL (https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/) and undici. */
const WORDS: Record<string, Words> = {
  ENOTFOUND: [
    'address',
    'the name of the host was not found',
    'Look at the spelling of the host, and whether this machine’s name server knows it.',
  ],
  EAI_NODATA: ['address', 'the name of the host has no address', 'Look at the spelling of the host.'],
  EAI_AGAIN: [
    'address',
    'the name server did not answer',
    'Look at the name servers of this machine (/etc/resolv.conf).',
  ],
  ECONNREFUSED: [
    'connection',
    'the connection was refused: nothing listens there',
    'Look at the host and the port, and whether the destination is up.',
  ],
  EHOSTUNREACH: ['connection', 'there is no way to the host', ROUTE],
  ENETUNREACH: ['connection', 'there is no way to its network', ROUTE],
  EACCES: ['connection', 'this machine does not let the connection out', ROUTE],
  ETIMEDOUT: ['connection', 'the host does not answer', ROUTE],
  ECONNRESET: ['connection', 'the connection was cut off', WAIT],
  EPIPE: ['connection', 'the connection was cut off', WAIT],
  UND_ERR_SOCKET: ['connection', 'the connection was cut off', WAIT],
  UND_ERR_CLOSED: ['connection', 'the server is stopping', WAIT],
  UND_ERR_DESTROYED: ['connection', 'the server is stopping', WAIT],
  UND_ERR_HEADERS_TIMEOUT: ['connection', 'there was a connection, but no answer in time', WAIT],
  UND_ERR_BODY_TIMEOUT: ['connection', 'the answer began and did not end', WAIT],
  UND_ERR_HEADERS_OVERFLOW: ['connection', 'the headers of the answer are longer than 16 KiB', PLAIN],
  CERT_HAS_EXPIRED: ['tls', 'the certificate has expired', CLOCK],
  CERT_NOT_YET_VALID: ['tls', 'the certificate is not valid yet', CLOCK],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['tls', 'the certificate is self-signed', CA],
  SELF_SIGNED_CERT_IN_CHAIN: ['tls', 'the certificate was signed by a CA that is not trusted here', CA],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['tls', 'the certificate was signed by a CA that is not trusted here', CA],
  UNABLE_TO_GET_ISSUER_CERT: ['tls', 'the certificate was signed by a CA that is not trusted here', CA],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['tls', 'the certificate was signed by a CA that is not trusted here', CA],
  CERT_SIGNATURE_FAILURE: ['tls', 'the signature of the certificate is wrong', CA],
  CERT_REVOKED: ['tls', 'the certificate was revoked', CLOCK],
  CERT_UNTRUSTED: ['tls', 'the certificate was signed by a CA that is not trusted here', CA],
  INVALID_CA: ['tls', 'the certificate was signed by one that is no CA', CA],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'tls',
    'the certificate is for another host',
    'Write the host as the certificate has it, or set the server name in the TLS settings of the integration.',
  ],
  ERR_SSL_WRONG_VERSION_NUMBER: ['tls', 'the port does not speak TLS', PLAIN],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ['tls', 'the port does not speak TLS', PLAIN],
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: ['tls', 'the destination asks for a client certificate', CLIENT],
  ERR_SSL_TLS_ALERT_HANDSHAKE_FAILURE: ['tls', 'the destination ended the TLS handshake', CLIENT],
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE': ['tls', 'the destination ended the TLS handshake', CLIENT],
};

/** What `request` and `connect` threw, in words: their errors hold no cause, which would hold the resolved address. */
const known = new WeakMap<Error, ConnectionFailure>();

/**
 * Says in plain words why there was no connection, or no whole answer: of an error of Node, TLS or undici, or of one that
 * `egress` threw.
 */
export function describeConnectionFailure(error: unknown): ConnectionFailure {
  if (isKnownError(error)) {
    const advice = error.code === 'egress_denied' ? 'Use an address of the public internet, or have it allowed.' : WAIT;
    return known.get(error) ?? { step: 'address', detail: error.message, advice };
  }
  if (error instanceof ConnectTimeoutError) return timedOut(error);
  const [step, detail, advice] = wordsOf(error);
  return { step, detail, advice };
}

/** `destination_unavailable`, with the words. */
export function unavailable(error: unknown, host: string, signal: AbortSignal): RetryableError {
  const failure = signal.aborted ? stopped(signal) : describeConnectionFailure(error);
  const made = new RetryableError('destination_unavailable', `${host}: ${failure.detail}.`, RETRY_AFTER_MS);
  known.set(made, failure);
  return made;
}

const RETRY_AFTER_MS = 1000;
const NAMES_CHARS_MAX = 200;

function stopped({ reason }: AbortSignal): ConnectionFailure {
  const isTimeout = reason instanceof Error && reason.name === 'TimeoutError';
  const detail = isTimeout ? 'there was no answer in time' : 'the call was stopped';
  return { step: 'connection', detail, advice: WAIT };
}

function timedOut({ step, timeoutMs }: ConnectTimeoutError): ConnectionFailure {
  const within = `within ${timeoutMs / 1000} s`;
  const words = {
    address: [`the name server did not answer ${within}`, WORDS.EAI_AGAIN![2]],
    connection: [`the host did not answer ${within}`, ROUTE],
    tls: [`there was a connection, but no TLS ${within}`, PLAIN],
  }[step] as [string, string];
  return { step, detail: words[0], advice: words[1] };
}

function wordsOf(error: unknown): Words {
  const code = codeOf(error);
  const words = WORDS[code];
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' && words) return [words[0], `${words[1]}${namesOf(error)}`, words[2]];
  if (words) return words;
  const isNoHttp = error instanceof Error && error.name === 'HTTPParserError';
  if (isNoHttp) return ['connection', 'what answers there does not speak HTTP', PLAIN];
  const proxy = error instanceof Error ? /^Proxy response \((\d{3})\)/.exec(error.message) : null;
  if (proxy)
    return [
      'connection',
      `the proxy answered ${proxy[1]}`,
      'Look at the address and the password of the proxy, and whether it lets this host through.',
    ];
  if (error instanceof Error && error.name === 'AbortError') return WORDS.UND_ERR_DESTROYED!;
  if (/^ERR_SSL_|^ERR_TLS_|^EPROTO$/.test(code)) return ['tls', `TLS failed (${code})`, PLAIN];
  if (/CERT|CRL|SIGNATURE|ISSUER/.test(code)) return ['tls', `the certificate was not accepted (${code})`, CA];
  return ['connection', code === '' ? 'there was no connection' : `there was no connection (${code})`, WAIT];
}

/** The names in a certificate that is for another host, as far as they are short. */
function namesOf(error: unknown): string {
  const cert: unknown = error instanceof Error ? Reflect.get(error, 'cert') : undefined;
  const names: unknown = typeof cert === 'object' && cert !== null ? Reflect.get(cert, 'subjectaltname') : undefined;
  if (typeof names !== 'string') return '';
  return ` (${names.slice(0, NAMES_CHARS_MAX).replace(/[^\w:.,*@ -]/g, '?')})`;
}

/** Of several addresses that were tried, what became of the first one. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (!(error instanceof Error)) return '';
  const given: unknown = Reflect.get(error, 'code');
  const code = typeof given === 'string' ? given : undefined;
  const isOuter = code === 'UND_ERR_SOCKET' || code === 'UND_ERR_PRX_TLS' || code === undefined;
  const inner = isOuter && error.cause !== undefined ? codeOf(error.cause) : '';
  return inner || (code ?? '');
}
