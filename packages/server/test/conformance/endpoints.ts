import { get, type LokiServer } from '../support/loki/http-client.ts';
import { printLabels } from '../support/loki/label-text.ts';
import { CORPUS_END_MS, CORPUS_START_MS } from './corpus/streams.ts';
import { LOKI_DIFFERENCES } from './differences.ts';
import type { Report } from './report.ts';

/** One text a fact of the answer, in an order that both have. */
type Facts = (body: Body) => string[];

interface Body {
  data?: unknown;
  values?: string[];
  error?: string;
  detectedLabels?: { label: string; cardinality: number }[];
  fields?: { label: string; type: string; cardinality: number; parsers: string[] | null; jsonPath?: string[] }[];
}

interface VolumeSeries {
  metric: Record<string, string>;
  value?: [number, string];
  values?: [number, string][];
}

const names: Facts = ({ data, values }) => ((data ?? values ?? []) as string[]).toSorted();
const series: Facts = ({ data }) => ((data ?? []) as Record<string, string>[]).map(printLabels).toSorted();
const volumes: Facts = ({ data }) =>
  (data as { result: VolumeSeries[] }).result.map(
    ({ metric, value, values = [] }) => `${printLabels(metric)} ${JSON.stringify(value ?? values)}`,
  );
const labels: Facts = ({ detectedLabels = [] }) =>
  detectedLabels.map(({ label, cardinality }) => `${label} ${cardinality}`).toSorted();
/** Loki estimates how many values there are where they are many. */
const fields: Facts = ({ fields: found = [] }) =>
  found
    .map(({ label, type, cardinality, parsers, jsonPath }) => {
      const count = cardinality < 50 ? cardinality : 'many';
      return `${label} ${type} ${count} ${JSON.stringify(parsers?.toSorted() ?? null)} ${jsonPath?.join('.') ?? ''}`;
    })
    .toSorted();
const error: Facts = (body) => [JSON.stringify(body)];

const ALL_LINES = 5000;

const CALLS: readonly (readonly [path: string, parameters: Record<string, string | number>, facts: Facts])[] = [
  ['labels', {}, names],
  ['labels', { query: '{app="api"}' }, names],
  ['labels', { query: '{app="none"}' }, names],
  ['label/app/values', {}, names],
  ['label/pod/values', { query: '{env="prod"}' }, names],
  ['label/none/values', {}, names],
  ['label/app/values', { query: '{app=~"a.*", env!="dev"}' }, names],
  ['series', {}, series],
  ['series', { 'match[]': '{app="api"}' }, series],
  ['series', { 'match[]': '{env=~".+", team=""}' }, series],
  ['series', { match: '{app="none"}' }, series],
  ['index/volume', { query: '{}' }, volumes],
  ['index/volume', { query: '{app=~"api|worker"}' }, volumes],
  ['index/volume', { query: '{env="prod"}', targetLabels: 'app' }, volumes],
  ['index/volume', { query: '{env="prod"}', targetLabels: 'app,pod' }, volumes],
  ['index/volume', { query: '{app="api"}', aggregateBy: 'labels' }, volumes],
  ['index/volume', { query: '{app=~".+"}', limit: 2 }, volumes],
  ['index/volume_range', { query: '{app="api"}', step: 600 }, volumes],
  ['detected_labels', { query: '{app="api"}' }, labels],
  ['detected_labels', {}, labels],
  ['detected_fields', { query: '{app="api"}', line_limit: ALL_LINES }, fields],
  ['detected_fields', { query: '{app="worker"}', line_limit: ALL_LINES }, fields],
  ['detected_fields', { query: '{app="meta"}', line_limit: ALL_LINES }, fields],
  ['detected_fields', { query: '{app="nginx"}', line_limit: ALL_LINES }, fields],
  ['detected_fields', { query: '{app="text"}', line_limit: ALL_LINES }, fields],
  ['detected_fields', { query: '{app="broken"}', line_limit: ALL_LINES }, fields],
  ['detected_fields', { query: '{app="worker"} | logfmt', line_limit: ALL_LINES }, fields],
  ['detected_fields', { query: '{app="api"} | json | status >= 500', line_limit: ALL_LINES }, fields],
  ['detected_field/status/values', { query: '{app="api"}', line_limit: ALL_LINES }, names],
  ['detected_field/queue/values', { query: '{app="worker"}', line_limit: ALL_LINES }, names],
  ['detected_field/tenant/values', { query: '{app="meta"}', line_limit: ALL_LINES }, names],
  ['format_query', { query: 'sum(' }, error],
];

/** Calls whose answer is an error: its text and status must be Loki's. */
const ERRORS: readonly (readonly [path: string, parameters: Record<string, string | number>])[] = [
  ['query', { query: '{app="api"}' }],
  ['query_range', { query: '{app="api"}', limit: 0 }],
  ['query_range', { query: '{app="api"}', limit: 'x' }],
  ['query_range', { query: '{app="api"}', direction: 'up' }],
  ['query_range', { query: '{app="api"}', start: 2, end: 1 }],
  ['query_range', { query: 'rate({app="api"}[1m])', step: 0 }],
  ['query_range', { query: 'rate({app="api"}[1m])', step: 0.1 }],
  ['query_range', { query: '{app="api"}', interval: -1 }],
  ['query_range', { query: '{app="api"}', start: 'yesterday' }],
  ['query_range', { query: '' }],
  ['labels', { query: 'sum(1)' }],
  ['series', { 'match[]': '{app=' }],
  ['index/volume', { query: '{app="api"}', aggregateBy: 'x' }],
  ['detected_fields', { query: '{}' }],
  ['no-such-path', {}],
];

/** Asks both servers, which have the corpus, everything that is no query. */
export async function askEndpoints(loki: LokiServer, ours: LokiServer, report: Report): Promise<void> {
  const span = { start: CORPUS_START_MS / 1000, end: CORPUS_END_MS / 1000 };
  for (const [path, parameters, facts] of CALLS) {
    const [want, got] = await both(loki, ours, path, { ...span, ...parameters });
    const found = want.status === got.status ? factsDiffer(facts, want.text, got.text) : `${got.status}: ${got.text}`;
    record(report, 'endpoints', path, parameters, found);
  }
  report.endOf('endpoints');
  for (const [path, parameters] of ERRORS) {
    const [want, got] = await both(loki, ours, path, { ...span, ...parameters });
    const same = want.status === got.status && want.text.trim() === got.text.trim();
    const found = same ? null : `${got.status} ${got.text} in place of ${want.status} ${want.text}`;
    record(report, 'errors', path, parameters, found);
  }
  report.endOf('errors');
}

function record(report: Report, topic: string, path: string, parameters: object, found: string | null): void {
  const name = `${path} ${JSON.stringify(parameters)}`;
  report.result(topic, name, found, LOKI_DIFFERENCES[name]);
}

function both(loki: LokiServer, ours: LokiServer, path: string, parameters: Record<string, string | number>) {
  return Promise.all([loki, ours].map((server) => get(server, `/loki/api/v1/${path}`, parameters)));
}

function factsDiffer(facts: Facts, want: string, got: string): string | null {
  const [wanted, found] = [want, got].map((text) => facts(JSON.parse(text) as Body));
  const missing = wanted.filter((fact) => !found.includes(fact));
  const extra = found.filter((fact) => !wanted.includes(fact));
  if (missing.length + extra.length === 0) return null;
  return `got [${extra.join('; ')}] in place of [${missing.join('; ')}]`;
}
