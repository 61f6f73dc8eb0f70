import { parse } from '../../src/query/logql/parse.ts';
import { PARSE_DIFFERENCES } from './differences.ts';
import type { LokiSource } from './loki-source.ts';
import { parseCases } from './parse-cases.ts';
import type { Report } from './report.ts';

/** Every query of Loki's parser tests: does it parse, and if not, is the message Loki's, with its place. */
export function runParseCases(source: LokiSource, report: Report): void {
  const topic = 'parser';
  for (const { query, error } of parseCases(source.read('pkg/logql/syntax/parser_test.go'))) {
    report.result(topic, query, verdict(messageOf(query), error), PARSE_DIFFERENCES[query]);
  }
  report.endOf(topic);
}

function verdict(got: string | null, want: string | null): string | null {
  if (got === null) return want === null ? null : `parsed in place of: ${want}`;
  if (want === null) return `did not parse: ${got}`;
  return got.includes(want) ? null : `${got}, in place of ${want}`;
}

function messageOf(query: string): string | null {
  try {
    parse(query);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
