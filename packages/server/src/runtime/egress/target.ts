import { PermanentError } from '../errors.ts';
import { type Goal, normalHost } from './policy.ts';

const HTTP_PORTS: Record<string, number> = { 'http:': 80, 'https:': 443 };

/** Reads an http or https URL. Throws PermanentError `invalid_field`. */
export function parseUrl(text: string, field = 'url'): URL {
  if (!URL.canParse(text)) throw new PermanentError('invalid_field', 'expected an http:// or https:// address', field);
  const url = new URL(text);
  if (HTTP_PORTS[url.protocol] === undefined) {
    throw new PermanentError('invalid_field', `expected http:// or https://, not ${url.protocol}//`, field);
  }
  return url;
}

/** The same, without user and password: they would be shown wherever the address is. */
export function parseTargetUrl(text: string): URL {
  const url = parseUrl(text);
  if (url.username !== '' || url.password !== '') {
    throw new PermanentError('invalid_field', 'user and password cannot be part of the address', 'url');
  }
  return url;
}

export function goalOfUrl(url: URL): Goal {
  const port = url.port === '' ? HTTP_PORTS[url.protocol]! : Number(url.port);
  return { ...goalOf(url.hostname, port), isPlainHttp: url.protocol === 'http:' };
}

/** Throws PermanentError `invalid_field`. */
export function goalOf(host: string, port: number): Goal {
  const plain = normalHost(host);
  if (plain === null) throw new PermanentError('invalid_field', 'expected a host name or an IP address', 'host');
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new PermanentError('invalid_field', 'expected a port from 1 to 65535', 'port');
  }
  return { host: plain, port, isPlainHttp: false };
}

/** Reads a URL, or host:port. */
export function parseTarget(text: string): Goal {
  if (text.includes('://')) return goalOfUrl(parseTargetUrl(text));
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined) throw new PermanentError('invalid_field', 'expected a URL or host:port', 'url');
  return goalOf(host.replace(/^\[(.*)\]$/, '$1'), Number(port));
}
