import type { Socket } from 'node:net';
import { z } from 'zod';
import type { Egress, EgressTarget, EgressTls } from '../../runtime/egress/egress.ts';
import { isKnownError, PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { SecretField } from '../destination.ts';
import { connectionFields } from './http.ts';
import type { AdviceOf } from './test-steps.ts';

export const hostName = z.string().regex(/^[\w.:[\]-]{1,255}$/, 'a host name or an IP address');
export const portNumber = z.int().min(1).max(65_535);

const PEM_UNITS_MAX = 1 << 16;

/** A client certificate; its key is a secret. For HTTP too. */
export const clientCertificateField = {
  client_certificate: z
    .string()
    .max(PEM_UNITS_MAX)
    .optional()
    .meta({ description: 'Certificate (PEM) for mutual TLS; its key is the secret `client_key`.' }),
};

export const CLIENT_KEY: SecretField = {
  name: 'client_key',
  title: 'Client key',
  description: 'Key (PEM) of `client_certificate`.',
  required: false,
  multiline: true,
};

/** Members of the config of a destination that speaks a protocol of its own, over TCP or TLS. */
export const tlsFields = {
  tls: z.boolean().default(false).meta({ description: 'TLS. The certificate is always verified.' }),
  ca: connectionFields.ca,
  server_name: hostName.optional().meta({ description: 'Name that the certificate must have, if it is not the host.' }),
  ...clientCertificateField,
};

export interface TlsConfig {
  tls: boolean;
  ca?: string | undefined;
  server_name?: string | undefined;
  client_certificate?: string | undefined;
}

/** For `EgressTarget.tls`. */
export function tlsOf(config: TlsConfig, secrets: Readonly<Record<string, string>>): EgressTls | null {
  if (!config.tls) return null;
  return {
    ...(config.ca !== undefined && { ca: config.ca }),
    ...(config.server_name !== undefined && { serverName: config.server_name }),
    ...clientTls(config, secrets),
  };
}

/** Certificate and key for mutual TLS; empty when there is none. */
export function clientTls(
  { client_certificate: cert }: Pick<TlsConfig, 'client_certificate'>,
  { client_key: key }: Readonly<Record<string, string>>,
): Pick<EgressTls, 'cert' | 'key'> {
  return cert === undefined || key === undefined ? {} : { cert, key };
}

/** `Egress.connect`; a key that cannot be read is told as the credentials that it is. */
export async function connectTo(egress: Egress, target: EgressTarget): Promise<Socket> {
  target.signal.throwIfAborted();
  try {
    return await egress.connect(target);
  } catch (error) {
    if (!isKnownError(error) || error.code !== 'invalid_field') throw error;
    throw new PermanentError('destination_unauthorized', error.message, 'client_certificate');
  }
}

/** A connection that broke after it was there, in one of the two errors. */
export function brokenConnection(host: string, error: unknown): PermanentError | RetryableError {
  if (isKnownError(error)) return error;
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  const told = typeof code === 'string' ? ` (${code})` : '';
  if (typeof code === 'string' && /ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA)/.test(code)) {
    const message = `${host}: the destination did not accept the client certificate${told}.`;
    return new PermanentError('destination_unauthorized', message, 'client_certificate');
  }
  return new RetryableError('destination_unavailable', `${host}: the connection was cut off${told}.`, 0);
}

export const adviseClientCertificate: AdviceOf = (error) =>
  error instanceof PermanentError && error.field === 'client_certificate'
    ? {
        field: 'client_certificate',
        advice: 'Set a client certificate that the destination trusts, and the key that belongs to it.',
      }
    : undefined;

/** `host:port`, `[::1]:port`. */
export function parseHostPort(text: string, portDefault: number): { host: string; port: number } {
  const [, host = text, port] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text) ?? [];
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: port === undefined ? portDefault : Number(port) };
}
