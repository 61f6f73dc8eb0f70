import type { Readable } from 'node:stream';
import { RetryableError } from '../../runtime/errors.ts';
import { connectionError, storeError } from './errors.ts';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
/** A longer row is none of ours: an event is a few MB at most. */
const ROW_BYTES_MAX = 256 << 20;
const EXCEPTION_BYTES_MAX = 64 << 10;

/**
 * Reads JSONEachRow as it arrives: one array of rows for each chunk that ends at least one row.
 *
 * ClickHouse reports an error after the first rows as "\r\n__exception__\r\nTAG\r\nCode: 395. DB::Exception: …" and
 * then cuts the connection (https://clickhouse.com/docs/interfaces/http#http_response_codes_caveats). JSON rows hold
 * no raw \r, so the first one ends the rows.
 * Throws what that exception is (errors.ts), or RetryableError `store_unavailable` for a cut connection.
 */
export async function* readRows<Row>(body: Readable): AsyncGenerator<Row[]> {
  let rest: Buffer[] = [];
  let exception = '';
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (exception !== '') {
        if (exception.length < EXCEPTION_BYTES_MAX) exception += chunk;
        continue;
      }
      const mark = chunk.indexOf(CARRIAGE_RETURN);
      const data = mark < 0 ? chunk : chunk.subarray(0, mark);
      if (mark >= 0) exception = chunk.toString('utf8', mark);
      const end = data.lastIndexOf(NEWLINE) + 1;
      if (end > 0) {
        rest.push(data.subarray(0, end - 1));
        // The newlines between rows are the only ones: inside a value they are escaped.
        const text = Buffer.concat(rest).toString().replaceAll('\n', ',');
        rest = [];
        yield JSON.parse(`[${text}]`) as Row[];
      }
      rest.push(data.subarray(end));
      if (rest.reduce((sum, part) => sum + part.length, 0) > ROW_BYTES_MAX)
        throw new RetryableError('store_unavailable', 'The event store sent a row without an end.', 1_000);
    }
  } catch (error) {
    if (exception === '') throw isCut(error) ? connectionError(error) : error;
  }
  if (exception !== '') throw exceptionOf(exception);
  if (rest.some((part) => part.length > 0)) throw connectionError(new Error('the last row is cut off'));
}

const isCut = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && error.code === 'ECONNRESET';

function exceptionOf(text: string): Error {
  const [message = ''] = /Code: \d+\. [^\r]*/.exec(text) ?? [];
  return storeError('select', Number(/\d+/.exec(message)?.[0] ?? 0), message || 'an unreadable exception');
}
