import type { Labels, LogRow } from '../row.ts';

/** What a pipeline makes of a row. The three label categories are each sorted by name; no name is in two of them. */
export interface ProcessedLine {
  line: string;
  /** The row's own array where the pipeline changed nothing of it; the same holds for `metadata`. */
  stream: Labels;
  metadata: Labels;
  /** Holds `__error__` and `__error_details__` too. */
  parsed: Labels;
}

export interface Pipeline {
  /** Null: the row is filtered out. */
  run(row: LogRow): ProcessedLine | null;
}

export interface Series {
  /** The same for the same labels. */
  key: string;
  labels: Labels;
  /** The error that these labels carry where the query asked to keep errors, else null. */
  error: string | null;
}

export interface Sample {
  value: number;
  /** Interned: within one extractor the same labels are the same object. */
  series: Series;
}

export interface Extractor {
  /**
   * Null: the row gives no sample. The answer is overwritten by the next call. Throws badQuery with Loki's
   * `pipeline error: …` for a sample that carries an error.
   */
  run(row: LogRow): Sample | null;
}

/** Which parts of rows a query reads, so that others need not be read from the store. */
export interface RequiredFields {
  line: boolean;
  /** True: structured metadata of any name; else the names that are read, perhaps none. */
  metadata: true | readonly string[];
}
