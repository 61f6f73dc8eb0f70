import { type EventBatch, KIND } from '../../batch/event-batch.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';

/** A tag as an attribute: its name as a symbol, and what stands for it. */
interface TagAttribute {
  name: number;
  kind: typeof KIND.string | typeof KIND.bool | typeof KIND.json;
  value: string;
}

/** Lists of tags longer than this are worked out anew each time: they would fill the table of symbols. */
const REMEMBERED_BYTES_MAX = 4096;
const REMEMBERED_MAX = 4096;

/** Lists of tags, `env:prod,version:1.2`, each read once: all events of a service carry the same. */
export class TagTable {
  private readonly symbols: SymbolTable;
  private generation = -1;
  private readonly lists = new Map<number, readonly TagAttribute[]>();

  constructor(symbols: SymbolTable) {
    this.symbols = symbols;
  }

  /** Call before each body: the table may have forgotten its symbols since. */
  refresh(): void {
    if (this.generation === this.symbols.generation && this.lists.size < REMEMBERED_MAX) return;
    this.generation = this.symbols.generation;
    this.lists.clear();
  }

  /** Adds the tags of source[start, end) to the row. A tag whose name an attribute has already is `ddtags.NAME`. */
  addBytes(batch: EventBatch, source: Buffer, start: number, end: number): void {
    if (end - start > REMEMBERED_BYTES_MAX) {
      this.addText(batch, source.toString('utf8', start, end));
      return;
    }
    const id = this.symbols.internBytes(source, start, end);
    let list = this.lists.get(id);
    if (list === undefined) {
      list = this.read(this.symbols.text(id));
      this.lists.set(id, list);
    }
    this.add(batch, list);
  }

  addText(batch: EventBatch, tags: string): void {
    this.add(batch, this.read(tags));
  }

  private add(batch: EventBatch, list: readonly TagAttribute[]): void {
    for (const { name, kind, value } of list) {
      if (batch.beginAttribute(name, kind)) batch.attributeValues.appendText(value);
      else batch.addAttribute(`ddtags.${this.symbols.text(name)}`, kind, value);
    }
  }

  /** A tag without a value is `true`; values of one name that comes more than once are an array. */
  private read(tags: string): TagAttribute[] {
    const values = new Map<string, string[]>();
    for (const tag of tags.split(',')) {
      const text = tag.trim();
      const colon = text.indexOf(':');
      const name = colon < 0 ? text : text.slice(0, colon);
      if (name === '') continue;
      const list = values.get(name) ?? [];
      if (colon >= 0 && !list.includes(text.slice(colon + 1))) list.push(text.slice(colon + 1));
      values.set(name, list);
    }
    return [...values].map(([text, list]) => {
      const name = this.symbols.internText(text);
      if (list.length === 0) return { name, kind: KIND.bool, value: 'true' };
      if (list.length === 1) return { name, kind: KIND.string, value: list[0] };
      return { name, kind: KIND.json, value: JSON.stringify(list) };
    });
  }
}
