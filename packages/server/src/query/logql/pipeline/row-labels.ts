import type { Labels, LogRow, StreamLabels } from '../row.ts';
import { type LabelSlot, SlotTable } from './label-slot.ts';

export const ERROR_LABEL = '__error__';
export const ERROR_DETAILS_LABEL = '__error_details__';
export const PRESERVE_ERROR_LABEL = '__preserve_error__';

/** Which labels parsers have to extract for a query. https://grafana.com/docs/loki/latest/query/ */
export interface LabelHints {
  /** Null: all. */
  required: ReadonlySet<string> | null;
  /** No label is ever looked at: parsers need not run. */
  skipParsers: boolean;
  /** The query names `__error__`: rows with an error are answered rather than failing the query. */
  preserveErrors: boolean;
}

export const EXTRACT_ALL: LabelHints = { required: null, skipParsers: false, preserveErrors: false };

const NO_LABELS: Labels = [];

/**
 * The labels of the row that a pipeline is at, in three categories: those of the stream, structured metadata and parsed
 * ones. A parsed label hides others of its name.
 */
export class RowLabels {
  readonly slots: SlotTable;
  readonly hints: LabelHints;
  stream: StreamLabels = { labels: new Map(), sorted: NO_LABELS };
  metadata: LabelSlot[] = [];
  parsed: LabelSlot[] = [];
  /** Slots whose labels were taken away, of whatever category. */
  deleted: LabelSlot[] = [];
  error = '';
  errorDetails = '';
  /** The row's metadata as it came is what `metadata` says, and sorted. */
  metadataAsRead = true;

  #row = 0;
  #version = 0;
  #awaited: number;
  #awaitedFound = 0;
  #source: LogRow['metadata'] = NO_LABELS;
  /** Slots of the last row's metadata: the next row mostly has the same names in the same order. */
  #expected: LabelSlot[] = [];
  readonly #preserve: LabelSlot;

  constructor(hints: LabelHints) {
    this.hints = hints;
    this.slots = new SlotTable(hints.required);
    this.#awaited = hints.required?.size ?? 0;
    this.#preserve = this.slots.pin(PRESERVE_ERROR_LABEL);
  }

  begin(row: LogRow): void {
    this.slots.forgetIfFull();
    if (this.#version !== this.slots.version) {
      this.#version = this.slots.version;
      this.#expected.length = 0;
    }
    this.#row++;
    this.stream = row.stream;
    this.metadata.length = 0;
    this.parsed.length = 0;
    this.deleted.length = 0;
    this.error = '';
    this.errorDetails = '';
    this.#awaitedFound = 0;
    this.#source = row.metadata;
    this.metadataAsRead = true;
    this.#readMetadata(row.metadata);
  }

  #readMetadata(metadata: LogRow['metadata']): void {
    let lastRank = -Infinity;
    for (let i = 0; i < metadata.length; i++) {
      const pair = metadata[i] as readonly [string, string];
      let slot = this.#expected[i];
      if (slot === undefined || slot.name !== pair[0]) {
        slot = this.slots.slot(pair[0]);
        this.#expected[i] = slot;
      }
      if (slot.streamValue(this.stream) !== undefined) {
        slot = slot.extracted(this.slots);
        this.metadataAsRead = false;
      }
      this.#addMetadata(slot, pair[1]);
      if (slot.rank <= lastRank) this.metadataAsRead = false;
      lastRank = slot.rank;
    }
  }

  #addMetadata(slot: LabelSlot, value: string): void {
    if (slot.name === ERROR_LABEL || slot.name === ERROR_DETAILS_LABEL) {
      if (slot.name === ERROR_LABEL) this.error = value;
      else this.errorDetails = value;
      this.metadataAsRead = false;
      return;
    }
    if (slot.row !== this.#row || slot.category === 'none') {
      slot.row = this.#row;
      slot.category = 'metadata';
      this.metadata.push(slot);
    }
    slot.value = value;
  }

  get(slot: LabelSlot): string | undefined {
    if (slot.row === this.#row && slot.category !== 'none') return slot.value;
    if (slot.deletedRow === this.#row) return undefined;
    return slot.streamValue(this.stream);
  }

  /** The stream or the metadata has the name, so that a parsed label has to take another. */
  isTaken(slot: LabelSlot): boolean {
    if (slot.streamValue(this.stream) !== undefined) return true;
    return slot.row === this.#row && slot.category === 'metadata';
  }

  isExtracted(slot: LabelSlot): boolean {
    return slot.extractedRow === this.#row;
  }

  /** Sets a parsed label. */
  set(slot: LabelSlot, value: string): void {
    const row = this.#row;
    if (slot.row === row && slot.category === 'parsed') {
      slot.value = value;
      return;
    }
    if (slot.row === row && slot.category === 'metadata') this.#remove(this.metadata, slot);
    slot.row = row;
    slot.category = 'parsed';
    slot.value = value;
    this.parsed.push(slot);
    if (slot.extractedRow !== row) {
      slot.extractedRow = row;
      if (slot.awaited) this.#awaitedFound++;
    }
  }

  delete(slot: LabelSlot): void {
    if (slot.row === this.#row && slot.category !== 'none') {
      this.#remove(slot.category === 'parsed' ? this.parsed : this.metadata, slot);
      slot.category = 'none';
    }
    this.#markDeleted(slot);
  }

  /** Takes away all labels that `keeps` does not say to keep. */
  retain(keeps: (slot: LabelSlot, value: string) => boolean): void {
    for (const [name, value] of this.streamLabels()) {
      const slot = this.slots.slot(name);
      if (!keeps(slot, value)) this.#markDeleted(slot);
    }
    this.#retainIn(this.parsed, keeps);
    const before = this.metadata.length;
    this.#retainIn(this.metadata, keeps);
    if (this.metadata.length < before) this.metadataAsRead = false;
  }

  #retainIn(list: LabelSlot[], keeps: (slot: LabelSlot, value: string) => boolean): void {
    let kept = 0;
    for (let i = 0; i < list.length; i++) {
      const slot = list[i] as LabelSlot;
      if (keeps(slot, slot.value)) {
        list[kept++] = slot;
      } else {
        slot.category = 'none';
        this.#markDeleted(slot);
      }
    }
    list.length = kept;
  }

  #markDeleted(slot: LabelSlot): void {
    if (slot.deletedRow === this.#row) return;
    slot.deletedRow = this.#row;
    this.deleted.push(slot);
  }

  #remove(list: LabelSlot[], slot: LabelSlot): void {
    list.splice(list.indexOf(slot), 1);
    if (list === this.metadata) this.metadataAsRead = false;
  }

  /** True once every label that the query needs was found in the line. */
  allFound(): boolean {
    return this.#awaited > 0 && this.#awaitedFound === this.#awaited;
  }

  fail(error: string, details: string): void {
    this.error = error;
    this.errorDetails = details;
  }

  /** A parser's error; it takes the place of an earlier one. */
  failParser(error: string, details: string | null): void {
    this.error = error;
    if (details !== null) this.errorDetails = details;
    if (this.hints.preserveErrors) this.set(this.#preserve, 'true');
  }

  /** A filter's error, which does not take the place of an earlier one. */
  failFilter(error: string, details: string): void {
    if (this.error === '') this.fail(error, details);
  }

  /** True where the row's labels are those of its stream. */
  isUnchanged(): boolean {
    return this.metadata.length === 0 && this.parsed.length === 0 && this.deleted.length === 0 && this.error === '';
  }

  /** The stream's labels that are left; the stream's own array where all are. */
  streamLabels(): Labels {
    const { sorted } = this.stream;
    if (!this.#hidesStreamLabels()) return sorted;
    return sorted.filter(([name]) => {
      const slot = this.slots.find(name);
      return slot === undefined || !this.#isHidden(slot);
    });
  }

  #hidesStreamLabels(): boolean {
    for (const slot of this.deleted) if (slot.streamValue(this.stream) !== undefined) return true;
    for (const slot of this.parsed) if (slot.streamValue(this.stream) !== undefined) return true;
    return false;
  }

  #isHidden(slot: LabelSlot): boolean {
    return slot.deletedRow === this.#row || (slot.row === this.#row && slot.category !== 'none');
  }

  metadataLabels(): Labels {
    if (this.metadataAsRead) return this.#source;
    return this.metadata.length === 0 ? NO_LABELS : toLabels(sortByRank(this.metadata));
  }

  /** Parsed labels, `__error__` and `__error_details__` among them. */
  parsedLabels(): Labels {
    if (this.parsed.length === 0 && this.error === '' && this.errorDetails === '') return NO_LABELS;
    const labels = toLabels(sortByRank(this.parsed));
    const errors = this.errorLabels();
    return errors.length === 0 ? labels : mergeLabels(labels, errors);
  }

  /** Loki leaves the details away together with everything else where a row has no label but its stream's. */
  errorLabels(): Labels {
    if (this.isUnchanged()) return NO_LABELS;
    const labels: [string, string][] = [];
    if (this.error !== '') labels.push([ERROR_LABEL, this.error]);
    if (this.errorDetails !== '') labels.push([ERROR_DETAILS_LABEL, this.errorDetails]);
    return labels;
  }

  /** All labels of the row: the categories have no name in common. */
  all(): Labels {
    return mergeLabels(mergeLabels(this.streamLabels(), this.metadataLabels()), this.parsedLabels());
  }
}

function toLabels(slots: readonly LabelSlot[]): [string, string][] {
  const labels: [string, string][] = [];
  for (const slot of slots) labels.push([slot.name, slot.value]);
  return labels;
}

/** In place. Lists are short and mostly in order, which insertion sorts fastest. */
export function sortByRank(slots: LabelSlot[]): LabelSlot[] {
  if (slots.length > 64) return slots.sort((a, b) => a.rank - b.rank);
  for (let i = 1; i < slots.length; i++) {
    const slot = slots[i] as LabelSlot;
    let at = i - 1;
    while (at >= 0 && (slots[at] as LabelSlot).rank > slot.rank) {
      slots[at + 1] = slots[at] as LabelSlot;
      at--;
    }
    slots[at + 1] = slot;
  }
  return slots;
}

/** One sorted list of two that have no name in common. */
export function mergeLabels(left: Labels, right: Labels): Labels {
  if (left.length === 0) return right;
  if (right.length === 0) return left;
  const merged: (readonly [string, string])[] = [];
  let at = 0;
  for (const label of left) {
    while (at < right.length && (right[at] as readonly [string, string])[0] < label[0]) {
      merged.push(right[at++] as readonly [string, string]);
    }
    merged.push(label);
  }
  while (at < right.length) merged.push(right[at++] as readonly [string, string]);
  return merged;
}
