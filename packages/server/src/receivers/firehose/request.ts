import { PermanentError } from '../../runtime/errors.ts';
import { gunzipCapped } from '../util/inflate.ts';
import { isObject } from './surroundings.ts';

export interface FirehoseRequest {
  requestId: string;
  timestamp: unknown;
  records: readonly unknown[];
}

/** @throws PermanentError `invalid_body`. */
export function requestOf(body: Buffer): FirehoseRequest {
  let request: unknown;
  try {
    request = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new PermanentError('invalid_body', `Firehose: the body is no JSON: ${(error as Error).message}`);
  }
  if (!isObject(request) || !Array.isArray(request.records)) {
    throw new PermanentError('invalid_body', 'Firehose: expected {"requestId", "timestamp", "records": [{"data"}]}');
  }
  return { requestId: textOf(request.requestId), timestamp: request.timestamp, records: request.records };
}

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * What a record holds: of `data` Base64 and perhaps gzip, of `text` (a dead letter's) the text.
 * @throws PermanentError `invalid_body` when it is neither, `payload_too_large` when gzip expands beyond `bytesMax`.
 */
export function contentOf(record: unknown, bytesMax: number): Buffer {
  const { data, text } = isObject(record) ? record : {};
  if (data === undefined && typeof text === 'string') return Buffer.from(text);
  const bytes = typeof data === 'string' ? Buffer.from(data, 'base64') : null;
  if (bytes === null || !isWhole(data as string, bytes)) {
    throw new PermanentError('invalid_body', 'expected base64 text');
  }
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipCapped(bytes, bytesMax) : bytes;
}

/** Whether all of the text was base64: Buffer leaves out what is not. */
function isWhole(data: string, bytes: Buffer): boolean {
  let length = data.length;
  while (length > 0 && data.charCodeAt(length - 1) === 0x3d) length--;
  return bytes.length === Math.floor((length * 3) / 4);
}
