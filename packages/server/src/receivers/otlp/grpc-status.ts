import { type Metadata, status } from '@grpc/grpc-js';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import { contentField, FAULT_RETRY_AFTER_MS, grpcCode, shortened, varintField } from './respond.ts';

/** What a failed call is answered with. */
export interface FailedStatus {
  code: number;
  details: string;
  /** google.rpc.Status for `grpc-status-details-bin`; null when there is nothing to say beyond the code. */
  statusDetails: Buffer | null;
}

/** @see https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto */
const RETRY_INFO_TYPE = 'type.googleapis.com/google.rpc.RetryInfo';

/**
 * An error in gRPC's words. Exporters send again after UNAVAILABLE, and after RESOURCE_EXHAUSTED only with RetryInfo:
 * without it that is a message over a limit, which stays too large however often it comes.
 * https://opentelemetry.io/docs/specs/otlp/#failures
 */
export function statusOf(error: PermanentError | RetryableError): FailedStatus {
  const details = shortened(error.message);
  if (error instanceof RetryableError) return retryable(error.code === 'rate_limited', details, error.retryAfterMs);
  // INTERNAL would be final: a fault of ours loses what can be sent again.
  if (error.status >= 500) return retryable(false, details, FAULT_RETRY_AFTER_MS);
  return { code: finalCode(error), details, statusDetails: null };
}

function finalCode(error: PermanentError): number {
  if (error.code === 'payload_too_large') return status.RESOURCE_EXHAUSTED;
  // https://github.com/grpc/grpc/blob/master/doc/compression.md#compression-method-asymmetry-between-peers
  return error.code === 'unsupported_media_type' ? status.UNIMPLEMENTED : grpcCode(error);
}

function retryable(isLimit: boolean, details: string, retryAfterMs: number): FailedStatus {
  const code = isLimit ? status.RESOURCE_EXHAUSTED : status.UNAVAILABLE;
  const info = contentField(1, duration(Math.max(1, retryAfterMs)));
  const any = Buffer.concat([contentField(1, Buffer.from(RETRY_INFO_TYPE)), contentField(2, info)]);
  const fields = [varintField(1, code), contentField(2, Buffer.from(details)), contentField(3, any)];
  return { code, details, statusDetails: Buffer.concat(fields) };
}

/** google.protobuf.Duration. */
function duration(milliseconds: number): Buffer {
  const seconds = Math.floor(milliseconds / 1000);
  const nanos = Math.floor((milliseconds % 1000) * 1e6);
  return Buffer.concat([
    ...(seconds === 0 ? [] : [varintField(1, seconds)]),
    ...(nanos === 0 ? [] : [varintField(2, nanos)]),
  ]);
}

/**
 * The API key of a call, in the places where requests over HTTP carry it: `x-api-key`, else `authorization` with Bearer
 * or Basic (the key as password). Null when there is none. @throws PermanentError `unauthenticated`.
 */
export function secretOf(metadata: Metadata): string | null {
  const apiKey = metadata.get('x-api-key').at(0);
  if (apiKey !== undefined) return checked(String(apiKey));
  const authorization = metadata.get('authorization').at(0);
  if (authorization === undefined) return null;
  const [, scheme = '', parameter = ''] = /^(\S*)\s*(.*)$/s.exec(String(authorization)) ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return checked(parameter.trim());
    case 'basic': {
      const pair = Buffer.from(parameter, 'base64').toString('utf8');
      return checked(pair.slice(pair.indexOf(':') + 1));
    }
    default:
      throw new PermanentError('unauthenticated', 'authorization: expected Bearer or Basic');
  }
}

function checked(secret: string): string {
  if (secret === '') throw new PermanentError('unauthenticated', 'the API key is empty');
  return secret;
}
