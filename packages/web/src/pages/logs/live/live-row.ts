import { parseExact } from '../../../lib/exact-json.ts';
import { type ApiEvent, type LogRow, type RowField, rowOfEvent } from '../table/row.ts';

/** Read rows are kept, a screen or two of them: text takes a fraction of the memory that objects take. */
const READ_MAX = 400;
const read = new Map<LiveRow, LogRow>();

/** A live event, kept as the text that came and read when it is shown. */
export class LiveRow implements LogRow {
  readonly kind = 'event';
  readonly id: string;
  private readonly text: string;

  constructor(text: string, id: string) {
    this.text = text;
    this.id = id;
  }

  private get row(): LogRow {
    const known = read.get(this);
    if (known !== undefined) return known;
    const row = rowOfEvent((parseExact(this.text) as { event: ApiEvent }).event);
    if (read.size >= READ_MAX) read.delete(read.keys().next().value!);
    read.set(this, row);
    return row;
  }

  get timestamp(): string {
    return this.row.timestamp;
  }

  get severity(): string {
    return this.row.severity;
  }

  get message(): string {
    return this.row.message;
  }

  get event(): ApiEvent | null {
    return this.row.event;
  }

  valueOf(column: string): string {
    return this.row.valueOf(column);
  }

  fields(): RowField[] {
    return this.row.fields();
  }
}
