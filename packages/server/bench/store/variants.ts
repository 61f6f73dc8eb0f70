import { CREATE_STATS, CREATE_STATS_VIEW, PROMOTED_ATTRIBUTES } from '../../src/stores/clickhouse/schema.ts';

type Edit = (ddl: string) => string;

/** One idea, as an edit of the product's own DDL. `none` ends the trial after the insert: its queries would not run. */
interface Variant {
  table: Edit;
  statistics?: false;
  queries?: 'none';
}

const replace =
  (from: string | RegExp, to: string): Edit =>
  (ddl) => {
    const edited = ddl.replaceAll(from, to);
    if (edited === ddl) throw new Error(`nothing to replace: ${from}`);
    return edited;
  };

const all =
  (...edits: readonly Edit[]): Edit =>
  (ddl) =>
    edits.reduce((text, edit) => edit(text), ddl);

/** Without the columns and indexes of these names. */
const without =
  (...names: readonly string[]): Edit =>
  (ddl) =>
    ddl
      .split('\n')
      .filter(
        (line) => !names.some((name) => [`INDEX ${name} `, `${name} `].some((start) => line.trim().startsWith(start))),
      )
      .join('\n')
      .replace(/,(\s*\) ENGINE)/, '$1');

const KEYS = 'PRIMARY KEY (org, ts)\nORDER BY (org, ts, frame, frame_index)';
const INDEXES = ['words', 'tokens', 'pairs', 'trace', 'user', 'request', 'resource', 'frame'].map(
  (name) => `ix_${name}`,
);
const setting = (name: string, value: string) => replace(new RegExp(`${name} = [^,\\n]+`, 'g'), `${name} = ${value}`);

export const VARIANTS: Readonly<Record<string, Variant>> = {
  product: { table: (ddl) => ddl },
  'wide-parts': {
    table: all(
      setting('min_bytes_for_wide_part', '10485760'),
      setting('min_rows_for_wide_part', '0'),
      setting('min_level_for_wide_part', '0'),
      setting('packed_skip_index_max_bytes', '0'),
    ),
  },
  'granules-8192': {
    table: all(
      setting('index_granularity', '8192'),
      setting('min_compress_block_size', '65536'),
      replace('GRANULARITY 2', 'GRANULARITY 1'),
    ),
  },
  'granules-2048': { table: all(setting('index_granularity', '2048'), replace('GRANULARITY 2', 'GRANULARITY 4')) },
  'size-streams': { table: setting('string_serialization_version', "'with_size_stream'") },
  'ts-delta-zstd': { table: replace('CODEC(T64, LZ4)', 'CODEC(Delta(8), ZSTD(1))') },
  lz4: { table: replace('ZSTD(1)', 'LZ4') },
  'zstd-3': { table: replace('ZSTD(1)', 'ZSTD(3)') },
  'no-indexes': { table: without(...INDEXES) },
  'text-index-all-words': {
    table: all(without('ix_tokens'), replace(/INDEX ix_words .* TYPE/g, 'INDEX ix_words lower(message) TYPE')),
    queries: 'none',
  },
  'pairs-text-index': {
    table: replace(/(INDEX ix_pairs .* TYPE) .*,/g, "$1 text(tokenizer = array, posting_list_codec = 'bitpacking'),"),
  },
  'not-promoted': { table: without(...Object.values(PROMOTED_ATTRIBUTES)), queries: 'none' },
  'no-statistics': { table: (ddl) => ddl, statistics: false },
  'log-type-first': { table: replace(/PRIMARY KEY .*\nORDER BY .*/g, 'ORDER BY (org, log_type, ts)') },
  'order-by-time': { table: replace(KEYS, 'ORDER BY (org, ts)') },
  'merge-seven': { table: replace('SETTINGS', 'SETTINGS\n  merge_selector_base = 7,') },
  'merge-ten': { table: replace('SETTINGS', 'SETTINGS\n  merge_selector_base = 10,') },
};

export const statements = (variant: Variant, createEvents: string): readonly string[] => [
  variant.table(createEvents),
  ...(variant.statistics === false ? [] : [CREATE_STATS, CREATE_STATS_VIEW]),
];
