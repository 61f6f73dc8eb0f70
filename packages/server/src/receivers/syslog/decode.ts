import { type EventBatch, KIND } from '../../batch/event-batch.ts';
import { FIELD } from '../../batch/fields.ts';
import { PermanentError } from '../../runtime/errors.ts';
import type { DecodeRequest } from '../receiver.ts';
import { eachMessage } from '../util/framed.ts';
import { readRfc3164 } from './rfc3164.ts';
import { readRfc5424 } from './rfc5424.ts';
import { SyslogRow } from './row.ts';

/** Fills the batch from messages as `joinMessages` puts them together. See README.md. */
export function decodeSyslog(body: Buffer, batch: EventBatch, { receivedAtMs }: DecodeRequest): void {
  const row = new SyslogRow(body, batch, receivedAtMs);
  eachMessage(body, (start, end, peerStart, peerEnd, isCut) => {
    const last = trimmedEnd(body, start, end);
    if (last === start) {
      rejectEmpty(batch);
      return;
    }
    batch.beginRow();
    const p = row.priority(start, last);
    if (p === start || !readRfc5424(row, p, last)) readRfc3164(row, p, last, p > start);
    if (!batch.has(FIELD.host)) row.set(FIELD.host, peerStart, peerEnd);
    if (isCut) batch.addAttribute('syslog.truncated', KIND.bool, 'true');
    batch.endRow();
  });
}

/** Without the line feeds, carriage returns and NULs at the end: rsyslog counts one in, others send one in a datagram. */
function trimmedEnd(body: Buffer, start: number, end: number): number {
  let last = end;
  while (last > start && (body[last - 1] === 0x0a || body[last - 1] === 0x0d || body[last - 1] === 0x00)) last--;
  return last;
}

function rejectEmpty(batch: EventBatch): void {
  if (batch.received >= batch.limits.batchEventsMax) {
    const { batchEventsMax } = batch.limits;
    throw new PermanentError('too_many_events', `one body may hold ${batchEventsMax} (limits.batchEventsMax)`);
  }
  batch.reject(batch.received++, 'invalid_body', '', 'the message is empty');
}
