import { badQuery } from '../errors.ts';
import type { Labels, StreamLabels } from '../row.ts';
import { goQuote } from '../values/index.ts';
import type { LeafGrouping } from './hints.ts';
import type { LabelSlot } from './label-slot.ts';
import { ERROR_DETAILS_LABEL, PRESERVE_ERROR_LABEL, type RowLabels, sortByRank } from './row-labels.ts';
import type { Series } from './types.ts';

/** A step from the stream's labels to a series; undefined values are labels taken away. */
interface PathNode {
  series: Series | null;
  children: Map<LabelSlot, Map<string | undefined, PathNode>>;
  /** The children of the slot that was asked for last. */
  lastSlot: LabelSlot | null;
  last: Map<string | undefined, PathNode> | null;
}

/** So many steps are remembered; they only save time. */
const MAX_NODES = 200_000;

/** The series of one extractor: grouped labels, the same object for the same labels. */
export class SeriesTable {
  readonly #labels: RowLabels;
  readonly #kind: LeafGrouping['kind'];
  readonly #slots: readonly LabelSlot[];
  readonly #excluded: ReadonlySet<LabelSlot>;
  readonly #byKey = new Map<string, Series>();
  readonly #details: LabelSlot;
  #streams = new Map<StreamLabels | null, PathNode>();
  #nodes = 0;
  #version = 0;
  #steps: LabelSlot[] = [];

  constructor(labels: RowLabels, grouping: LeafGrouping) {
    this.#labels = labels;
    this.#kind = grouping.kind;
    this.#slots = grouping.labels.map((name) => labels.slots.pin(name));
    this.#excluded = new Set(grouping.kind === 'without' ? this.#slots : []);
    this.#details = labels.slots.pin(ERROR_DETAILS_LABEL);
  }

  /** The series of the row that the labels are at. Throws badQuery where the row has an error. */
  find(): Series {
    if (this.#labels.error !== '') return this.#failed();
    this.#forget();
    if (this.#kind === 'all') return this.#finish(this.#root(null));
    return this.#kind === 'by' ? this.#findBy() : this.#findAll();
  }

  #forget(): void {
    const { version } = this.#labels.slots;
    if (this.#version === version && this.#nodes <= MAX_NODES) return;
    this.#version = version;
    this.#nodes = 0;
    this.#streams = new Map();
  }

  /** A row with an error keeps all its labels, whatever the grouping. */
  #failed(): Series {
    const { error } = this.#labels;
    const all = this.#labels.all();
    if (!all.some(([name, value]) => name === PRESERVE_ERROR_LABEL && value === 'true')) {
      throw badQuery(pipelineError(error, all));
    }
    return this.#intern(all, error);
  }

  #findBy(): Series {
    const labels = this.#labels;
    let node = this.#root(null);
    for (let i = 0; i < this.#slots.length; i++) {
      const slot = this.#slots[i] as LabelSlot;
      node = this.#step(node, slot, labels.get(slot));
    }
    return this.#finish(node);
  }

  #findAll(): Series {
    const labels = this.#labels;
    let node = this.#root(labels.stream);
    if (labels.deleted.length > 0) node = this.#stepOverDeleted(node);
    const steps = this.#steps;
    steps.length = 0;
    for (const slot of labels.metadata) if (!this.#excluded.has(slot)) steps.push(slot);
    for (const slot of labels.parsed) if (!this.#excluded.has(slot)) steps.push(slot);
    sortByRank(steps);
    for (let i = 0; i < steps.length; i++) {
      const slot = steps[i] as LabelSlot;
      node = this.#step(node, slot, slot.value);
    }
    if (this.#hasDetails()) node = this.#step(node, this.#details, labels.errorDetails);
    return this.#finish(node);
  }

  /** As in Loki, details that outlive their error are a label where all labels are answered. */
  #hasDetails(): boolean {
    return this.#kind === 'none' && this.#labels.errorDetails !== '' && !this.#labels.isUnchanged();
  }

  #stepOverDeleted(start: PathNode): PathNode {
    let node = start;
    for (const slot of this.#labels.deleted) {
      if (slot.streamValue(this.#labels.stream) !== undefined) node = this.#step(node, slot, undefined);
    }
    return node;
  }

  #root(stream: StreamLabels | null): PathNode {
    let node = this.#streams.get(stream);
    if (node === undefined) {
      node = this.#node();
      this.#streams.set(stream, node);
    }
    return node;
  }

  #node(): PathNode {
    this.#nodes++;
    return { series: null, children: new Map(), lastSlot: null, last: null };
  }

  #step(node: PathNode, slot: LabelSlot, value: string | undefined): PathNode {
    let values = node.last;
    if (values === null || node.lastSlot !== slot) {
      values = node.children.get(slot) ?? null;
      if (values === null) {
        values = new Map();
        node.children.set(slot, values);
      }
      node.lastSlot = slot;
      node.last = values;
    }
    let next = values.get(value);
    if (next === undefined) {
      next = this.#node();
      values.set(value, next);
    }
    return next;
  }

  #finish(node: PathNode): Series {
    node.series ??= this.#intern(this.#groupedLabels(), null);
    return node.series;
  }

  #groupedLabels(): Labels {
    const labels = this.#labels;
    if (this.#kind === 'all') return [];
    if (this.#kind === 'by') {
      return this.#slots.flatMap((slot) => {
        const value = labels.get(slot);
        return value === undefined ? [] : [[slot.name, value] as const];
      });
    }
    const names = new Set([...this.#excluded].map((slot) => slot.name));
    if (this.#kind === 'without') names.add(ERROR_DETAILS_LABEL);
    return labels.all().filter(([name]) => !names.has(name));
  }

  #intern(labels: Labels, error: string | null): Series {
    const key = JSON.stringify(labels);
    let series = this.#byKey.get(key);
    if (series === undefined) {
      series = { key, labels, error };
      this.#byKey.set(key, series);
    }
    return series;
  }
}

/** Loki's text for a sample that carries an error. */
function pipelineError(error: string, labels: Labels): string {
  const text = labels.map(([name, value]) => `${name}=${goQuote(value)}`).join(', ');
  return (
    `pipeline error: '${error}' for series: '{${text}}'.\n` +
    `Use a label filter to intentionally skip this error. (e.g | __error__!="${error}").\n` +
    'To skip all potential errors you can match empty errors.(e.g __error__="")\n' +
    'The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__="" )\n'
  );
}
