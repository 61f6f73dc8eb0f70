import { type OrgFacts, RANGE } from '../support/org-facts.ts';
import type { Case, Probe } from './tenant-cases.ts';

/** The same range in nanoseconds. */
const SPAN = RANGE.replace(/from=(\d+)&to=(\d+)/, (_, from, to) => `start=${from}000000&end=${to}000000`);
const AT = /end=(\d+)/.exec(SPAN)![1]!;
const ALL = '{service_name=~".+"}';

const selectors = (t: OrgFacts): string[] => [
  ALL,
  `{${t.labelName}="${t.labelValue}"}`,
  `{service_name="${t.service}"}`,
  `{org="${t.orgId}"}`,
  `{__tenant_id__="${t.orgId}"}`,
  `{service_name="x' OR org='${t.orgId}"}`,
];

const logQueries = (t: OrgFacts): string[] => [
  ...selectors(t),
  `${ALL} |= "${t.word}"`,
  `${ALL} |~ "(?i)${t.word}"`,
  `${ALL} | ${t.attributeName}="${t.attributeValue}"`,
  `${ALL} | trace_id="${t.traceId}"`,
  `${ALL} |= "') OR org='${t.orgId}"`,
];

const metricQueries = (t: OrgFacts): string[] => logQueries(t).map((query) => `count_over_time(${query}[1h])`);

/** Each as parameters of the URL, or of a form. */
function asked(path: string, method: string, parameters: readonly Record<string, string>[]): Probe[] {
  return parameters.map((one) => {
    const text = `${new URLSearchParams(one)}&${SPAN}`;
    if (method === 'GET') return { path: `${path}?${text}` };
    return { path, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: text };
  });
}

/** A form is read as a URL is, and then it is the same handler: of its questions some are enough. */
const FORM_PROBES = 2;

/** One case for each method. */
function cases(
  path: string,
  own: Case['own'],
  parametersOf: (t: OrgFacts) => readonly Record<string, string>[],
  { methods = ['GET', 'POST'], pathOf = () => path }: { methods?: string[]; pathOf?: (t: OrgFacts) => string } = {},
): [string, Case][] {
  return methods.map((method) => [
    `${method} ${path}`,
    {
      key: 'query',
      own,
      probes: (t) => asked(pathOf(t), method, parametersOf(t).slice(0, method === 'POST' ? FORM_PROBES : undefined)),
    },
  ]);
}

const byQuery = (queries: (t: OrgFacts) => string[]) => (t: OrgFacts) => queries(t).map((query) => ({ query }));
const nothing = () => [{}];
const ONLY_GET = { methods: ['GET'] };
const ofLabel = (prefix: string) => ({ pathOf: (t: OrgFacts) => `${prefix}/${t.labelName}/values` });

/** Deletes what neither org has, for all requests of an org are listed with their queries. */
const deletion = (): Probe[] => [
  { path: `/loki/api/v1/delete?query=${encodeURIComponent(`${ALL} |= "nothing has this"`)}&start=1000000000` },
];

/** Of the paths of routes/loki/ and of /api/query/. */
export const LOKI_CASES: Readonly<Record<string, Case>> = {
  ...Object.fromEntries([
    ...cases(
      '/loki/api/v1/query_range',
      'shows',
      byQuery((t) => [...logQueries(t), ...metricQueries(t)]),
    ),
    ...cases('/loki/api/v1/query', 'shows', (t) => byQuery(metricQueries)(t).map((one) => ({ ...one, time: AT }))),
    ...cases('/loki/api/v1/labels', 'shows', (t) => [{}, ...byQuery(selectors)(t)]),
    ...cases('/loki/api/v1/label', 'shows', nothing),
    ...cases('/loki/api/v1/label/:name/values', 'shows', nothing, ofLabel('/loki/api/v1/label')),
    ...cases('/api/prom/label', 'shows', nothing),
    ...cases('/api/prom/label/:name/values', 'shows', nothing, ofLabel('/api/prom/label')),
    ...cases('/loki/api/v1/series', 'shows', (t) => selectors(t).map((selector) => ({ 'match[]': selector }))),
    ...cases('/api/prom/series', 'shows', nothing),
    ...cases('/loki/api/v1/index/stats', 'succeeds', byQuery(selectors)),
    ...cases('/loki/api/v1/index/volume', 'shows', byQuery(selectors)),
    ...cases('/loki/api/v1/index/volume_range', 'shows', byQuery(selectors)),
    ...cases('/loki/api/v1/detected_labels', 'shows', byQuery(selectors)),
    ...cases('/loki/api/v1/detected_fields', 'shows', byQuery(logQueries)),
    ...cases('/loki/api/v1/detected_field/:name/values', 'shows', byQuery(selectors), {
      pathOf: (t) => `/loki/api/v1/detected_field/${t.attributeName}/values`,
    }),
    ...cases('/loki/api/v1/patterns', 'succeeds', byQuery(selectors)),
    ...cases('/loki/api/v1/drilldown-limits', 'succeeds', nothing, ONLY_GET),
    ...cases('/config/tenant/v1/limits', 'succeeds', nothing, ONLY_GET),
    ...cases('/loki/api/v1/status/buildinfo', 'succeeds', nothing, ONLY_GET),
    ...cases('/loki/api/v1/format_query', 'succeeds', byQuery(logQueries)),
    ...cases('/prometheus/api/v1/rules', 'succeeds', nothing, ONLY_GET),
    ...cases('/prometheus/api/v1/alerts', 'succeeds', nothing, ONLY_GET),
    ...['/loki/api/v1/rules', '/api/prom/rules'].flatMap((path) => [
      ...cases(path, 'absent', nothing, ONLY_GET),
      ...cases(`${path}/:namespace`, 'absent', nothing, { ...ONLY_GET, pathOf: (t) => `${path}/${t.orgId}` }),
      ...cases(`${path}/:namespace/:group`, 'absent', nothing, {
        ...ONLY_GET,
        pathOf: (t) => `${path}/${t.orgId}/${t.service}`,
      }),
    ]),
  ]),
  'GET /api/query/explain': {
    key: 'query',
    own: 'succeeds',
    probes: (t) => asked('/api/query/explain', 'GET', byQuery((t) => [...logQueries(t), ...metricQueries(t)])(t)),
  },
  'POST /loki/api/v1/delete': { key: 'admin', own: 'succeeds', probes: deletion },
  'PUT /loki/api/v1/delete': { key: 'admin', own: 'succeeds', probes: deletion },
  'GET /loki/api/v1/delete': { key: 'admin', own: 'succeeds', probes: () => [{ path: '/loki/api/v1/delete' }] },
  'DELETE /loki/api/v1/delete': {
    key: 'admin',
    own: 'absent',
    probes: (t) => [{ path: `/loki/api/v1/delete?request_id=${t.letterId}` }],
  },
  'GET /ready': { key: 'query', own: 'public', probes: () => [{ path: '/ready' }] },
};
