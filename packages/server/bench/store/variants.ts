import { CREATE_STATS, CREATE_STATS_VIEW } from '../../src/stores/clickhouse/schema.ts';

/** One idea each, as an edit of the product's own DDL. */
interface Variant {
  table: (ddl: string) => string;
  also?: readonly string[];
  query?: (sql: string) => string;
}

const without =
  (...names: string[]) =>
  (ddl: string) =>
    ddl
      .split('\n')
      .filter(
        (line) => !names.some((name) => line.trim().startsWith(`INDEX ${name} `) || line.trim().startsWith(`${name} `)),
      )
      .join('\n')
      .replace(/,(\s*\) ENGINE)/, '$1');
const ALL = ['ix_words', 'ix_tokens', 'ix_pairs', 'ix_trace', 'ix_user', 'ix_request', 'ix_resource', 'ix_frame'];
const only = (...names: string[]) => without(...ALL.filter((name) => !names.includes(name)));

const set =
  (...settings: string[]) =>
  (ddl: string) =>
    `${ddl},\n  ${settings.join(',\n  ')}`;
const replace = (from: string | RegExp, to: string) => (ddl: string) => {
  if (typeof from === 'string' ? !ddl.includes(from) : !new RegExp(from.source).test(ddl))
    throw new Error(`nothing replaced: ${from}`);
  return ddl.replaceAll(from, to);
};
const all =
  (...edits: ((ddl: string) => string)[]) =>
  (ddl: string) =>
    edits.reduce((text, edit) => edit(text), ddl);
const NO_MERGES = set('max_bytes_to_merge_at_max_space_in_pool = 1', 'max_bytes_to_merge_at_min_space_in_pool = 1');
const NO_STATISTICS = set("auto_statistics_types = ''");

const NM = (...edits: ((ddl: string) => string)[]) => ({ table: all(...edits, NO_MERGES) });
const COMPACT = (ddl: string) => ddl;
const PROMOTE = (...names: string[]) =>
  replace(
    'INDEX ix_words',
    `${names.map((name) => `attr_${name.replaceAll('.', '_')} LowCardinality(String) MATERIALIZED attributes['${name}'] CODEC(ZSTD(1)),`).join('\n  ')}\n  INDEX ix_words`,
  );

export const VARIANTS: Readonly<Record<string, Variant>> = {
  base: { table: (ddl) => ddl },
  noattr: { table: without('attr_model', 'attr_status') },
  promo8: { table: PROMOTE('endpoint', 'method', 'tool', 'http.route', 'http.request.method', 'http.response.status_code') },
  view: { table: (ddl) => ddl, also: [CREATE_STATS, CREATE_STATS_VIEW] },
  lz4: { table: replace('ZSTD(1)', 'LZ4') },
  noidx: { table: only() },
  selector10: { table: set('merge_selector_base = 10') },
  nm: NM(),
};
