import type { EventBatch } from '../../batch/event-batch.ts';
import { KIND } from '../../batch/event-batch.ts';
import { FIELD, type Field, fieldOfName } from '../../batch/fields.ts';
import { TimestampReader } from '../util/timestamp.ts';

/** What the headers say of all events of a request. Crosses to `decode` as the format: nothing else of them does. */
export interface Surroundings {
  common: readonly (readonly [name: string, value: string])[];
}

const PLAIN = 'json';

/**
 * The format that carries the headers' words. `X-Amz-Firehose-Common-Attributes` holds what was set up for the stream,
 * `{"commonAttributes":{"environment":"prod"}}`; one that cannot be read is left out, as it is the same in all requests.
 */
export function formatOf(commonAttributes: string | undefined, sourceArn: string | undefined): string {
  const common = commonAttributes === undefined ? [] : commonOf(commonAttributes);
  if (sourceArn !== undefined) common.push(['aws.firehose.arn', sourceArn]);
  return common.length === 0 ? PLAIN : JSON.stringify(common);
}

export function surroundingsOf(format: string): Surroundings {
  return { common: format === PLAIN ? [] : (JSON.parse(format) as [string, string][]) };
}

function commonOf(header: string): [string, string][] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(header);
  } catch {
    return [];
  }
  const attributes = isObject(parsed) ? parsed.commonAttributes : undefined;
  if (!isObject(attributes)) return [];
  return Object.entries(attributes).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is known of an event beside its own words. Its own words win. */
export class EventDefaults {
  common: Surroundings['common'] = [];
  requestId = '';
  /** Milliseconds since the epoch; 0 when it is not known. */
  timestampMs = 0;
  /** Of CloudWatch Logs; empty for other events. */
  eventId = '';
  owner = '';
  logGroup = '';
  logStream = '';
  private readonly time = new TimestampReader();

  apply(batch: EventBatch): void {
    for (const [name, value] of this.common) this.putCommon(batch, name, value);
    if (this.logGroup !== '') batch.addAttribute('log_group', KIND.string, this.logGroup);
    if (this.logStream !== '') batch.addAttribute('log_stream', KIND.string, this.logStream);
    if (this.owner !== '') batch.addAttribute('owner', KIND.string, this.owner);
    if (this.logGroup !== '') batch.setText(FIELD.service, this.logGroup);
    if (this.timestampMs > 0 && !batch.has(FIELD.timestamp)) {
      this.time.fromSeconds(Math.floor(this.timestampMs / 1000), Math.round((this.timestampMs % 1000) * 1e6));
      batch.setTimestamp(this.time.low, this.time.high);
    }
    if (batch.has(FIELD.clientEventId)) return;
    // A request that is sent again has the id it had before.
    if (this.eventId !== '') batch.setText(FIELD.clientEventId, this.eventId);
    else if (this.requestId !== '') batch.setText(FIELD.clientEventId, `${this.requestId}/${batch.received - 1}`);
  }

  private putCommon(batch: EventBatch, name: string, value: string): void {
    const field = fieldOfName(name);
    if (field !== undefined && isText(field) && !batch.has(field)) batch.setText(field, value);
    else batch.addAttribute(name, KIND.string, value);
  }
}

type StringField = Exclude<
  Field,
  typeof FIELD.timestamp | typeof FIELD.severity | typeof FIELD.durationMs | typeof FIELD.cost
>;

function isText(field: Field): field is StringField {
  return field <= FIELD.clientEventId && field !== FIELD.labels;
}
