import { type EventBatch, KIND } from '../../batch/event-batch.ts';
import { FIELD } from '../../batch/fields.ts';
import { TimestampReader } from '../util/timestamp.ts';

/** Metadata of Splunk's events that has no field here. */
export const METADATA = ['source', 'sourcetype', 'index'] as const;

/** What the query says of events that do not say it themselves. */
export class QueryDefaults {
  private host = '';
  private sourcetype = '';
  private attributes: { name: string; value: string }[] = [];
  private readonly timestamps = new TimestampReader();
  private hasTime = false;

  /** Call before each body. */
  reset(query: string): void {
    const values = new URLSearchParams(query);
    this.host = values.get('host') ?? '';
    this.sourcetype = values.get('sourcetype') ?? '';
    this.attributes = [];
    for (const name of METADATA) {
      const value = values.get(name) ?? '';
      if (value !== '') this.attributes.push({ name, value });
    }
    const time = Buffer.from(values.get('time') ?? '');
    this.hasTime = time.length > 0 && this.timestamps.fromText(time, 0, time.length);
    // A time that cannot be read must not be lost.
    if (time.length > 0 && !this.hasTime) this.attributes.push({ name: 'time', value: time.toString() });
  }

  /** Fills in what the row has not. */
  fill(batch: EventBatch): void {
    if (this.hasTime) batch.setTimestamp(this.timestamps.low, this.timestamps.high);
    if (this.host !== '') batch.setText(FIELD.host, this.host);
    for (const { name, value } of this.attributes) batch.addAttribute(name, KIND.string, value);
    if (this.sourcetype !== '') batch.setText(FIELD.service, this.sourcetype);
  }
}
