import type { SymbolTable } from '../../batch/symbol-table.ts';

const UNKNOWN = 255;

/** A function of a text, worked out once per symbol. Its values are 0 to 254. */
export class SymbolMemo {
  private readonly symbols: SymbolTable;
  private readonly compute: (text: string) => number;
  private generation = -1;
  private values = new Uint8Array(1 << 12);

  constructor(symbols: SymbolTable, compute: (text: string) => number) {
    this.symbols = symbols;
    this.compute = compute;
  }

  /** Call before each body: the table may have forgotten its symbols since. */
  refresh(): void {
    if (this.generation === this.symbols.generation) return;
    this.generation = this.symbols.generation;
    this.values.fill(UNKNOWN);
  }

  get(symbol: number): number {
    const value = symbol < this.values.length ? this.values[symbol] : UNKNOWN;
    return value === UNKNOWN ? this.add(symbol) : value;
  }

  private add(symbol: number): number {
    if (symbol >= this.values.length) {
      const grown = new Uint8Array(Math.max(this.values.length * 2, symbol + 1)).fill(UNKNOWN);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[symbol] = this.compute(this.symbols.text(symbol));
    return this.values[symbol];
  }
}
