import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Answer } from '../../route.ts';

const zip = promisify(gzip);

export const JSON_TYPE = 'application/json; charset=UTF-8';
/** What is shorter goes out faster as it is. */
const GZIP_BYTES_MIN = 8 << 10;
/** Between the fastest and zlib's own default: answers of many lines are megabytes, and the network is often near. */
const GZIP_LEVEL = 3;

/** Bytes of JSON, compressed when they are many and the client reads that. */
export async function jsonBytes(headers: IncomingHttpHeaders, bytes: Uint8Array): Promise<Answer> {
  const plain: Answer = {
    kind: 'bytes',
    status: 200,
    headers: { vary: 'Accept-Encoding' },
    contentType: JSON_TYPE,
    bytes,
  };
  if (bytes.length < GZIP_BYTES_MIN || !acceptsGzip(headers['accept-encoding'])) return plain;
  const zipped = await zip(bytes, { level: GZIP_LEVEL });
  return { ...plain, headers: { ...plain.headers, 'content-encoding': 'gzip' }, bytes: zipped };
}

/** A small answer. */
export function lokiJson(value: unknown, status = 200): Answer {
  return { kind: 'text', status, contentType: JSON_TYPE, text: `${JSON.stringify(value)}\n` };
}

function acceptsGzip(accepted: string | string[] | undefined): boolean {
  return String(accepted ?? '')
    .split(',')
    .some((part) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(part));
}
