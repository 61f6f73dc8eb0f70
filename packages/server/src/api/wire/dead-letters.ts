import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { EventBatch } from '../../batch/event-batch.ts';
import { readEvents } from '../../batch/event-rows.ts';
import { appendFrame, decodeFrame } from '../../batch/frame.ts';
import { DEFAULT_LIMITS } from '../../batch/limits.ts';
import { SymbolTable } from '../../batch/symbol-table.ts';
import type { Letter, LetterSummary } from '../../dead-letters/letter.ts';
import { formatMs, renderEvent } from '../render-event.ts';

const rejectionSchema = z.strictObject({
  index: z.int().meta({ description: 'Place of the event in the request, from 0.' }),
  field: z.string().meta({ description: 'Empty when it is the whole event.' }),
  error: z.string(),
});

const summaryShape = {
  id: z.string(),
  time: z.string().meta({ description: 'When the request came: ISO 8601, UTC, milliseconds.' }),
  receiver: z.string(),
  org_id: z.string(),
  code: z.string(),
  reason: z.string().meta({
    description: 'Why the first event was rejected, or the whole body, or why the event store refused the events.',
  }),
  rejected_events: z
    .int()
    .nullable()
    .meta({ description: 'How many events; null when the body as a whole was refused.' }),
  bytes: z.int().meta({ description: 'Of the body, decompressed also within.' }),
  replayable: z.boolean(),
  not_replayable_because: z.string().nullable(),
};

const summarySchema = z.strictObject(summaryShape).meta({ id: 'DeadLetterSummary' });
export const letterListSchema = z.strictObject({ dead_letters: z.array(summarySchema) }).meta({ id: 'DeadLetterList' });

export const letterSchema = z
  .strictObject({
    ...summaryShape,
    rejections: z.array(rejectionSchema).meta({ description: 'The first 100.' }),
    body_text: z.string().nullable().meta({
      description: 'The body, secrets masked, when it is UTF-8; events that the event store refused as NDJSON.',
    }),
    body_base64: z.string().nullable().meta({ description: 'The body, secrets masked, when it is not.' }),
  })
  .meta({ id: 'DeadLetter' });

export const replaySchema = z
  .strictObject({
    accepted: z.int(),
    rejected: z.array(rejectionSchema).meta({ description: 'The first 100. They stay in the letter.' }),
    rejected_total: z.int(),
  })
  .meta({ id: 'DeadLetterReplay' });

export function renderSummary(letter: LetterSummary) {
  return {
    id: letter.id,
    time: formatMs(letter.atMs),
    receiver: letter.receiver,
    org_id: letter.orgId,
    code: letter.code,
    reason: letter.reason,
    rejected_events: letter.rejectedCount === 0 ? null : letter.rejectedCount,
    bytes: letter.bytes,
    replayable: letter.notKept === null,
    not_replayable_because: letter.notKept,
  };
}

export function renderLetter(letter: Letter) {
  const { rejections } = letter;
  const body = letter.frame === null ? letter.body : frameText(letter);
  const isText = body !== null && isUtf8(body);
  return {
    ...renderSummary(letter),
    rejections: renderRejections(rejections),
    body_text: isText ? body.toString('utf8') : null,
    body_base64: body !== null && !isText ? body.toString('base64') : null,
  };
}

/** The events of a frame, a line of JSON each. */
function frameText({ body, frame }: Letter): Buffer | null {
  if (body === null || frame === null) return null;
  const batch = new EventBatch(new SymbolTable(), DEFAULT_LIMITS);
  appendFrame(batch, decodeFrame(body), frame.node, frame.position);
  return Buffer.from([...readEvents(batch)].map((event) => `${renderEvent(event)}\n`).join(''));
}

export const renderRejections = (rejections: Letter['rejections']) =>
  rejections.map(({ index, field, error }) => ({ index, field, error }));
