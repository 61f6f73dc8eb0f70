import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Egress, EgressRequest, EgressResponse, EgressTls } from '../../runtime/egress/egress.ts';
import { isKnownError, PermanentError, RetryableError } from '../../runtime/errors.ts';

/** An address in a config. Credentials have fields of their own, where they are sealed: here they would be readable. */
export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'an http:// or https:// URL' })
  .max(2048)
  .refine((text) => {
    const url = URL.parse(text);
    return url === null || (url.username === '' && url.password === '');
  }, 'no credentials in the address: they have fields of their own');

/** OpenSSL takes a text without certificates too, and then trusts nobody. */
function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).subject !== undefined;
  } catch {
    return false;
  }
}

/** Members of the config of every destination that speaks HTTP. */
export const connectionFields = {
  ca: z
    .string()
    .max(1 << 16)
    .refine(isCertificate, 'expected certificates as PEM, with the lines BEGIN and END')
    .optional()
    .meta({ description: "Certificates (PEM) that the destination's is checked against, in place of the system's." }),
  proxy: httpUrl.optional().meta({ description: 'URL of an HTTP proxy to go through.' }),
};

export interface ConnectionConfig {
  ca?: string | undefined;
  proxy?: string | undefined;
}

export type HttpRequest = Omit<EgressRequest, 'tls' | 'proxy'>;

/** One request with an integration's CA and proxy. Throws as `Egress.request`, without the secrets that an URL may hold. */
export type HttpCall = (request: HttpRequest) => Promise<EgressResponse>;

export function httpCaller(
  egress: Egress,
  { ca, proxy }: ConnectionConfig,
  strip: (text: string) => string,
  clientTls: Pick<EgressTls, 'cert' | 'key'> = {},
): HttpCall {
  const tls: EgressTls = { ...clientTls, ...(ca !== undefined && { ca }) };
  const own = { ...(Object.keys(tls).length > 0 && { tls }), ...(proxy !== undefined && { proxy }) };
  return async (request) => {
    try {
      return await egress.request({ ...request, ...own });
    } catch (error) {
      throw isKnownError(error) ? stripped(error, strip) : error;
    }
  };
}

function stripped(error: PermanentError | RetryableError, strip: (text: string) => string) {
  const message = strip(error.message);
  // The same object where it can be: egress knows by it what became of the connection.
  if (message === error.message) return error;
  if (error instanceof RetryableError) return new RetryableError(error.code, message, error.retryAfterMs);
  return new PermanentError(error.code, message, error.field);
}

/** The path behind a base address, whose own path and query stay. */
export function urlUnder(base: string, path: string): string {
  const url = new URL(base);
  url.pathname = url.pathname.replace(/\/+$/, '') + path;
  return url.href;
}
