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
const G = (rows: number, granularity: number, bloomBytes: number) =>
  all(
    replace('GRANULARITY 1', `GRANULARITY ${granularity}`),
    replace('tokenbf_v1(16384, 3, 0)', `tokenbf_v1(${bloomBytes}, 3, 0)`),
    set(`index_granularity = ${rows}`),
  );

export const VARIANTS: Readonly<Record<string, Variant>> = {
  base: { table: (ddl) => ddl },
  v2: { table: COMPACT },
  v2nm: NM(COMPACT),
  z3: { table: replace('(String) CODEC(ZSTD(1))', '(String) CODEC(ZSTD(3))') },
  z3map: { table: replace('String) CODEC(ZSTD(1))', 'String) CODEC(ZSTD(3))') },
  noshort: { table: replace("'[a-z]*[0-9][0-9a-z]*'", "'[a-z]*[0-9][0-9a-z]*|\\\\b[a-z]{1,2}\\\\b'") },
  postnone: { table: replace(", posting_list_codec = 'bitpacking'", '') },
  nm_: NM(),
  g2048: { table: all(COMPACT, G(2048, 4, 16384)) },
  g2048i1: { table: all(COMPACT, G(2048, 1, 4096)) },
  g4096: { table: all(COMPACT, G(4096, 2, 16384)) },
  buck: { table: all(COMPACT, set("map_serialization_version = 'with_buckets'", 'map_buckets_min_avg_size = 0')) },
  base10: { table: all(COMPACT, set('merge_selector_base = 10')) },
};
