import type { StreamLabels } from '../row.ts';

export type LabelCategory = 'none' | 'metadata' | 'parsed';

/** Says of a label's value that a filter will drop the row for certain. */
export interface EarlyCheck {
  /** The parser stage that asks. */
  stage: number;
  drops: (value: string) => boolean;
}

/**
 * A label name, and the label's state in one row. States are valid only while `row` (or its kin) is the number of the
 * current row, so that a new row costs nothing to begin.
 */
export class LabelSlot {
  readonly name: string;
  /** Sorts as the name does. */
  rank = 0;
  /** False: no part of the query needs the label, so parsers leave it out. */
  readonly required: boolean;
  /** Of one of the names whose extraction lets parsers stop. */
  readonly awaited: boolean;
  checks: EarlyCheck[] | null = null;

  row = 0;
  category: LabelCategory = 'none';
  value = '';
  extractedRow = 0;
  deletedRow = 0;

  #stream: StreamLabels | null = null;
  #streamValue: string | undefined = undefined;
  #extracted: LabelSlot | null = null;
  #version = 0;

  constructor(name: string, required: boolean, awaited: boolean) {
    this.name = name;
    this.required = required;
    this.awaited = awaited;
  }

  /** The label's value in the stream, whatever the row did to it. */
  streamValue(stream: StreamLabels): string | undefined {
    if (this.#stream !== stream) {
      this.#stream = stream;
      this.#streamValue = stream.labels.get(this.name);
    }
    return this.#streamValue;
  }

  /** The slot of `<name>_extracted`, where a parsed label goes whose name is taken. */
  extracted(slots: SlotTable): LabelSlot {
    if (this.#extracted === null || this.#version !== slots.version) {
      this.#version = slots.version;
      this.#extracted = slots.slot(this.name + DUPLICATE_SUFFIX);
    }
    return this.#extracted;
  }
}

export const DUPLICATE_SUFFIX = '_extracted';

/** Names beyond this are forgotten between rows: lines may carry names without end, such as ids as keys. */
const MAX_SLOTS = 2048;

/** The slots of one compiled query, one for each name. */
export class SlotTable {
  /** Grows when slots were forgotten: what holds slots of names found in lines must forget them too. */
  version = 0;
  readonly #required: ReadonlySet<string> | null;
  readonly #pinned: Map<string, LabelSlot> = new Map<string, LabelSlot>();
  #slots = new Map<string, LabelSlot>();
  /** Ascending by name. */
  #sorted: LabelSlot[] = [];

  /** `required` null: every label is needed. */
  constructor(required: ReadonlySet<string> | null) {
    this.#required = required;
  }

  slot(name: string): LabelSlot {
    return this.#slots.get(name) ?? this.#add(name);
  }

  /** A slot that stays: for names that the query holds. */
  pin(name: string): LabelSlot {
    const slot = this.slot(name);
    this.#pinned.set(name, slot);
    return slot;
  }

  find(name: string): LabelSlot | undefined {
    return this.#slots.get(name);
  }

  /** To be called between rows only. */
  forgetIfFull(): void {
    if (this.#slots.size <= MAX_SLOTS) return;
    this.version++;
    this.#slots = new Map(this.#pinned);
    this.#sorted = [...this.#slots.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#number();
  }

  #add(name: string): LabelSlot {
    const awaited = this.#required?.has(name) ?? false;
    const slot = new LabelSlot(name, this.#required === null || awaited, awaited);
    this.#slots.set(name, slot);
    this.#place(slot);
    return slot;
  }

  #place(slot: LabelSlot): void {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] as LabelSlot).name < slot.name) low = middle + 1;
      else high = middle;
    }
    this.#sorted.splice(low, 0, slot);
    const before = low === 0 ? -1 : (this.#sorted[low - 1] as LabelSlot).rank;
    const after = this.#sorted[low + 1]?.rank ?? before + 2;
    slot.rank = (before + after) / 2;
    // Between two neighbours in a double there is room for some fifty halvings.
    if (slot.rank <= before || slot.rank >= after) this.#number();
  }

  #number(): void {
    for (const [index, slot] of this.#sorted.entries()) slot.rank = index;
  }
}
