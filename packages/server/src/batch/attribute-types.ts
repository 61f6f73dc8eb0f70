import type { AttributeKind } from '@tailwater/schema';
import { type EventBatch, KIND } from './event-batch.ts';
import type { SymbolTable } from './symbol-table.ts';

/**
 * The column `attribute_types`: which of a row's attributes are no strings, as `tokens:number,client:json`. Commas,
 * colons and percent signs in names are percent-encoded. Rows of one shape share one symbol, so a type costs a byte.
 */
const KIND_NAMES: readonly AttributeKind[] = ['string', 'number', 'bool', 'json'];

/** One known shape: the names and kinds it was made from, and its symbol. */
interface Shape {
  pairs: Uint32Array;
  symbol: number;
}

interface ShapeCache {
  generation: number;
  shapes: Map<number, Shape>;
}

const caches = new WeakMap<SymbolTable, ShapeCache>();
const SHAPES_MAX = 10_000;

/** Fills `batch.attributeTypes` from the attributes' kinds. */
export function fillAttributeTypes(batch: EventBatch): void {
  const { symbols, attributeEnds, attributeKeys, attributeKinds, attributeTypes, rows } = batch;
  let cache = caches.get(symbols);
  if (cache === undefined || cache.generation !== symbols.generation || cache.shapes.size > SHAPES_MAX) {
    cache = { generation: symbols.generation, shapes: new Map() };
    caches.set(symbols, cache);
  }
  attributeTypes.length = 0;
  attributeTypes.reserve(rows);
  const keys = attributeKeys.data;
  const kinds = attributeKinds.data;
  let index = 0;
  for (let row = 0; row < rows; row++) {
    const start = index;
    const end = attributeEnds.data[row];
    let hash = 0;
    let typed = 0;
    for (; index < end; index++) {
      const kind = kinds[index];
      if (kind === KIND.string) continue;
      hash = (Math.imul(hash, 31) + keys[index] * 4 + kind) | 0;
      typed++;
    }
    attributeTypes.push(typed === 0 ? 0 : shapeSymbol(cache, batch, hash, start, end, typed));
  }
}

function shapeSymbol(cache: ShapeCache, batch: EventBatch, hash: number, start: number, end: number, typed: number) {
  const keys = batch.attributeKeys.data;
  const kinds = batch.attributeKinds.data;
  const known = cache.shapes.get(hash);
  if (known !== undefined && known.pairs.length === typed) {
    let p = 0;
    let same = true;
    for (let i = start; i < end && same; i++) {
      if (kinds[i] !== KIND.string) same = known.pairs[p++] === keys[i] * 4 + kinds[i];
    }
    if (same) return known.symbol;
  }
  const pairs = new Uint32Array(typed);
  const words: string[] = [];
  for (let i = start; i < end; i++) {
    if (kinds[i] === KIND.string) continue;
    pairs[words.length] = keys[i] * 4 + kinds[i];
    words.push(attributeTypeText(batch.symbols.text(keys[i]), KIND_NAMES[kinds[i]]));
  }
  const symbol = batch.symbols.internText(words.join(','));
  cache.shapes.set(hash, { pairs, symbol });
  return symbol;
}

/** One word of the column: `tokens:number`. */
export const attributeTypeText = (name: string, kind: AttributeKind): string => `${escapeName(name)}:${kind}`;

function escapeName(name: string): string {
  return name.replace(/[%,:]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

const parsed = new Map<string, ReadonlyMap<string, AttributeKind>>();

/** Reads a value of the column back: attribute name to kind, strings left out. */
export function parseAttributeTypes(types: string): ReadonlyMap<string, AttributeKind> {
  let kinds = parsed.get(types);
  if (kinds === undefined) {
    kinds = new Map(
      types === ''
        ? []
        : types.split(',').map((word): [string, AttributeKind] => {
            const colon = word.indexOf(':');
            return [decodeURIComponent(word.slice(0, colon)), word.slice(colon + 1) as AttributeKind];
          }),
    );
    if (parsed.size > SHAPES_MAX) parsed.clear();
    parsed.set(types, kinds);
  }
  return kinds;
}
