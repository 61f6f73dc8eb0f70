import { type Attribute, type Event, eventIdOf, severityName } from '@tailwater/schema';
import { parseAttributeTypes } from './attribute-types.ts';
import type { EventBatch } from './event-batch.ts';
import { FIELD, TEXT_FIELDS } from './fields.ts';
import { StringCursor } from './string-column.ts';

/**
 * Turns the rows of a batch back into Event objects, for where JSON must be rendered. `attributeTypes` must be filled.
 * Event ids are empty when the batch holds no places in the journal. Rows for which `wanted` is false are passed over,
 * for a tenth of what making an event of them costs.
 */
export function* readEvents(batch: EventBatch, wanted: (row: number) => boolean = () => true): Generator<Event> {
  const { symbols, symbolColumns } = batch;
  const texts = TEXT_FIELDS.map((field) => new StringCursor(batch.textColumns[field]));
  const values = new StringCursor(batch.attributeValues);
  const symbol = (column: { data: Uint32Array }, row: number) => symbols.text(column.data[row]);
  let attribute = 0;
  for (let row = 0; row < batch.rows; row++) {
    for (const cursor of texts) cursor.next();
    if (!wanted(row)) {
      for (const end = batch.attributeEnds.data[row]; attribute < end; attribute++) values.next();
      continue;
    }
    const [message, userId, resourceId, traceId, spanId, requestId, clientEventId] = texts.map((c) => c.text());
    const kinds = parseAttributeTypes(symbol(batch.attributeTypes, row));
    const attributes: Record<string, Attribute> = Object.create(null);
    for (const end = batch.attributeEnds.data[row]; attribute < end; attribute++) {
      values.next();
      const name = symbols.text(batch.attributeKeys.data[attribute]);
      attributes[name] = { text: values.text(), kind: kinds.get(name) ?? 'string' };
    }
    const severityNumber = batch.severityNumber.data[row];
    const labels = symbol(symbolColumns[FIELD.labels], row);
    yield {
      orgId: symbol(batch.org, row),
      eventId: eventIdAt(batch, row),
      clientEventId,
      timestampNs: batch.timestamp.at(row),
      receivedAtMs: Number(batch.receivedAt.at(row)),
      receiver: symbol(batch.receiver, row),
      logType: symbol(symbolColumns[FIELD.logType], row),
      eventType: symbol(symbolColumns[FIELD.eventType], row),
      severity: severityName(severityNumber),
      severityNumber,
      message,
      service: symbol(symbolColumns[FIELD.service], row),
      host: symbol(symbolColumns[FIELD.host], row),
      logger: symbol(symbolColumns[FIELD.logger], row),
      userId,
      resourceId,
      resourceType: symbol(symbolColumns[FIELD.resourceType], row),
      action: symbol(symbolColumns[FIELD.action], row),
      traceId,
      spanId,
      requestId,
      durationMs: batch.durationMs.at(row),
      cost: batch.cost.at(row),
      attributes,
      labels: labels === '' ? {} : JSON.parse(labels),
      retentionDays: batch.retentionDays.data[row],
    };
  }
}

function eventIdAt(batch: EventBatch, row: number): string {
  if (row >= batch.frame.length) return '';
  const low = batch.frame.data[row * 2];
  const high = batch.frame.data[row * 2 + 1];
  return eventIdOf({
    node: high >>> 16,
    frame: (high & 0xffff) * 4294967296 + low,
    index: batch.frameIndex.data[row],
  });
}
