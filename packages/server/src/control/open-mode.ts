import type { IncomingHttpHeaders } from 'node:http';
import { isLoopbackHost } from '../config/loopback.ts';
import { PermanentError } from '../runtime/errors.ts';

/** Where proxies say whom they forward for. Grafana's data source proxy sets X-Forwarded-For on local requests too. */
const CLIENT_ADDRESS_HEADERS = ['x-forwarded-for', 'x-real-ip'] as const;

/**
 * Lets through what a program or person on this machine asks, and nothing that a web page or a proxy could.
 * Host must be a loopback name: a page whose own name was rebound to 127.0.0.1 sends that name
 * (https://en.wikipedia.org/wiki/DNS_rebinding). Origin must be loopback: every browser sends it with a cross-site
 * POST, also with those "simple" ones that no preflight stops. Sec-Fetch-Site tells of cross-site GETs, which carry no
 * Origin (https://www.w3.org/TR/fetch-metadata/). `Origin: null` (sandboxed frames, files) is anybody's.
 * @throws PermanentError `origin_refused`
 */
export function checkLocalRequest(headers: IncomingHttpHeaders, remoteAddress: string | undefined): void {
  if (remoteAddress === undefined || !isLoopbackHost(remoteAddress)) refuse('the request is not from this machine');
  if (!isLoopbackHost(hostName(headers.host ?? ''))) refuse('Host is no loopback name');
  const { origin } = headers;
  if (origin !== undefined) {
    if (!isLoopbackOrigin(origin)) refuse('Origin is not on this machine');
  } else if (headers['sec-fetch-site'] === 'cross-site') {
    refuse('a page of another site asked');
  }
  for (const name of CLIENT_ADDRESS_HEADERS) {
    const forwarded = headers[name];
    if (
      forwarded !== undefined &&
      !String(forwarded)
        .split(',')
        .every((address) => isLoopbackHost(hostName(address.trim())))
    ) {
      refuse(`${name} names another machine`);
    }
  }
}

/** `localhost:4750` to `localhost`, `[::1]:4750` to `[::1]`; a bare IPv6 address stays. */
function hostName(host: string): string {
  return /^(\[[^\]]*\]|[^:]*):\d*$/.exec(host)?.[1] ?? host;
}

function isLoopbackOrigin(origin: string): boolean {
  const match = /^https?:\/\/(.*)$/i.exec(origin);
  return match !== null && isLoopbackHost(hostName(match[1]!));
}

function refuse(reason: string): never {
  throw new PermanentError('origin_refused', `open mode answers only to this machine: ${reason}. Use an API key.`);
}
