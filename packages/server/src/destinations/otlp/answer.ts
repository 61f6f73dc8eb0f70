import { PermanentError } from '../../runtime/errors.ts';
import type { DeliveryResult, EncodedEvent } from '../destination.ts';
import { type Strip, tellText } from '../util/answers.ts';
import { readFields } from '../util/protobuf.ts';
import type { OtlpConfig } from './config.ts';

/** `ExportLogsPartialSuccess` of an `ExportLogsServiceResponse`; none rejected where it is missing. */
export function readPartialSuccess(response: Buffer): { rejected: number; message: string } {
  const partial = { rejected: 0, message: '' };
  for (const { field, bytes } of readFields(response)) {
    if (field !== 1) continue;
    for (const inner of readFields(bytes)) {
      if (inner.field === 1) partial.rejected = Number(BigInt.asIntN(64, inner.number));
      if (inner.field === 2) partial.message = inner.bytes.toString();
    }
  }
  return partial;
}

/** What an answer that is a success says of the events. */
export function resultOf(
  answer: { response: Buffer; status: string; bytesSent: number },
  events: readonly EncodedEvent[],
  { partial_success: mode }: Pick<OtlpConfig, 'partial_success'>,
  strip: Strip,
): DeliveryResult {
  const { rejected, message } = readPartialSuccess(answer.response);
  const told = tellText(message, strip);
  const { status, bytesSent } = answer;
  if (rejected <= 0) return { rejected: [], again: [], bytesSent, status: told === '' ? status : `${status}: ${told}` };
  const reason = told === '' ? 'rejected by the destination, which said nothing more' : told;
  if (rejected >= events.length) {
    return { rejected: events.map((_, index) => ({ index, reason })), again: [], bytesSent, status };
  }
  const some = `${rejected} of ${events.length} events were rejected: ${reason}`;
  if (mode === 'accept') return { rejected: [], again: [], bytesSent, status: `${status}, ${some}` };
  throw new PermanentError('destination_rejected', `The destination answered ${status}, but ${some}`);
}

/** The message of a `google.rpc.Status`, which is how OTLP tells errors; the bytes themselves where it is none. */
export function statusMessage(body: Buffer, contentType: string | undefined): Buffer {
  if (!contentType?.includes('protobuf')) return body;
  for (const { field, bytes } of readFields(body)) if (field === 2 && bytes.length > 0) return bytes;
  return body;
}

/** `google.rpc.RetryInfo` in a `google.rpc.Status`, ms; null: none. */
export function retryDelayMs(status: Buffer): number | null {
  for (const detail of readFields(status)) {
    if (detail.field !== 3) continue;
    const parts = new Map([...readFields(detail.bytes)].map(({ field, bytes }) => [field, bytes]));
    if (parts.get(1)?.toString() !== 'type.googleapis.com/google.rpc.RetryInfo') continue;
    const delay = [...readFields(parts.get(2) ?? Buffer.alloc(0))].find(({ field }) => field === 1);
    const duration = new Map(
      [...readFields(delay?.bytes ?? Buffer.alloc(0))].map(({ field, number }) => [field, number]),
    );
    return Number(duration.get(1) ?? 0n) * 1000 + Number(duration.get(2) ?? 0n) / 1e6;
  }
  return null;
}
