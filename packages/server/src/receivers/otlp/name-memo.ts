import { severityName } from '@tailwater/schema';
import { FIELD, type Field, fieldOfAttribute } from '../../batch/fields.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import { SymbolMemo } from '../util/symbol-memo.ts';

/** Meaning of an attribute's name that is no field's. Any other meaning is a Field. */
export const PLAIN = 254;

function meaningOf(name: string): number {
  return name === 'message' ? FIELD.message : (fieldOfAttribute(name) ?? PLAIN);
}

const CHILD_SLOTS = 1024;

/**
 * What names mean, remembered by symbol id: one array access per attribute in place of a look-up by text.
 */
export class NameMemo {
  private readonly symbols: SymbolTable;
  private readonly meanings: SymbolMemo;
  /** Per symbol: bit n is set when the text is the usual name of severity number n; bit 0 once looked up. */
  private severities = new Int32Array(256);
  private readonly childParents = new Int32Array(CHILD_SLOTS);
  private readonly childNames = new Int32Array(CHILD_SLOTS);
  private readonly childIds = new Int32Array(CHILD_SLOTS);

  constructor(symbols: SymbolTable) {
    this.symbols = symbols;
    this.meanings = new SymbolMemo(symbols, meaningOf);
    this.refresh();
  }

  /** Call when the table has forgotten its symbols. */
  refresh(): void {
    this.meanings.refresh();
    this.severities.fill(0);
    this.childParents.fill(-1);
  }

  /** The field that an attribute of that name belongs into, or PLAIN. */
  meaning(name: number): Field | typeof PLAIN {
    return this.meanings.get(name) as Field | typeof PLAIN;
  }

  /** The name of a map's member: `parent.child`. */
  child(parent: number, child: number): number {
    const slot = (Math.imul(parent, 31) + child) & (CHILD_SLOTS - 1);
    if (this.childParents[slot] === parent && this.childNames[slot] === child) return this.childIds[slot];
    const id = this.symbols.internText(`${this.symbols.text(parent)}.${this.symbols.text(child)}`);
    this.childParents[slot] = parent;
    this.childNames[slot] = child;
    this.childIds[slot] = id;
    return id;
  }

  /** Whether the text is what anyone calls that severity number: `INFO`, `info`, `ERROR3`, `critical` for FATAL. */
  isUsualSeverity(text: number, severityNumber: number): boolean {
    const known = text < this.severities.length ? this.severities[text] : 0;
    const usual = known === 0 ? this.lookUpSeverities(text) : known;
    return ((usual >>> severityNumber) & 1) === 1;
  }

  private lookUpSeverities(text: number): number {
    if (text >= this.severities.length) {
      const grown = new Int32Array(Math.max(text + 1, this.severities.length * 2));
      grown.set(this.severities);
      this.severities = grown;
    }
    const word = this.symbols.text(text).toLowerCase();
    let usual = 1;
    for (let n = 1; n <= 24; n++) if (word === severityName(n) || word === shortSeverityName(n)) usual |= 1 << n;
    this.severities[text] = usual;
    return usual;
  }
}

const SHORT_NAMES = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** https://opentelemetry.io/docs/specs/otel/logs/data-model/#displaying-severity */
function shortSeverityName(severityNumber: number): string {
  const step = (severityNumber - 1) % 4;
  return SHORT_NAMES[(severityNumber - 1) >> 2] + (step === 0 ? '' : step + 1);
}
