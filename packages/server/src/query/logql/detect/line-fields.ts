import type { Stage } from '@tailwater/schema/logql';
import { compilePipeline, type Pipeline } from '../pipeline/index.ts';
import type { Labels, LogRow, StreamLabels } from '../row.ts';
import { jsonPaths } from './json-paths.ts';

/** A line behind the query's own pipeline. */
export interface DetectLine {
  line: string;
  stream: Labels;
  metadata: Labels;
  parsed: Labels;
}

export interface LineFields {
  /** Null: the line is neither. */
  parser: 'json' | 'logfmt' | null;
  fields: Labels;
  /** Of JSON: where the field stands. */
  pathOf(field: string): readonly string[] | undefined;
}

const JSON_STAGE: Stage = { kind: 'json', extractions: [] };
const LOGFMT_STAGE: Stage = { kind: 'logfmt', strict: false, keepEmpty: false, extractions: [] };
const NO_PATHS: ReadonlyMap<string, readonly string[]> = new Map();
const NO_FIELDS: LineFields = { parser: null, fields: [], pathOf: () => undefined };

/** Reads lines as JSON, else as logfmt, with the parsers that a query has. */
export class LineFieldReader {
  private readonly json: Pipeline = compilePipeline([JSON_STAGE]);
  private readonly logfmt: Pipeline = compilePipeline([LOGFMT_STAGE]);
  private readonly streams = new WeakMap<Labels, StreamLabels>();

  read({ line, stream }: DetectLine): LineFields {
    const row: LogRow = { timeMs: 0, timeNs: 0, stream: this.streamOf(stream), metadata: [], line };
    const json = parsedBy(this.json, row);
    if (json !== null) {
      let paths: ReadonlyMap<string, readonly string[]> | null = null;
      const pathOf = (field: string) => {
        paths ??= json.length === 0 ? NO_PATHS : jsonPaths(line, (name) => row.stream.labels.has(name));
        return paths.get(field);
      };
      return { parser: 'json', fields: json, pathOf };
    }
    const logfmt = parsedBy(this.logfmt, row);
    return logfmt === null ? NO_FIELDS : { ...NO_FIELDS, parser: 'logfmt', fields: logfmt };
  }

  private streamOf(sorted: Labels): StreamLabels {
    let stream = this.streams.get(sorted);
    if (stream === undefined) {
      stream = { labels: new Map(sorted), sorted };
      this.streams.set(sorted, stream);
    }
    return stream;
  }
}

/** Null when the parser reports an error. */
function parsedBy(pipeline: Pipeline, row: LogRow): Labels | null {
  const parsed = pipeline.run(row)?.parsed ?? [];
  return parsed.some(([name]) => name === '__error__') ? null : parsed;
}
