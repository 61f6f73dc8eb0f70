import { randomBytes } from 'node:crypto';
import { TAIL_PATH } from '../../src/api/routes/tail/index.ts';
import { CURSOR_QUERY, nowhere, type OrgFacts, type OrgKeys, RANGE, SHARED } from '../support/org-facts.ts';
import { contentHeaders, encodeContent, samplePath, sampleRoutes } from '../support/receiver-samples.ts';
import { LOKI_CASES } from './loki-tenant-cases.ts';

export interface Probe {
  path: string;
  headers?: Record<string, string>;
  body?: Buffer | string;
}

export interface Case {
  key: keyof OrgKeys;
  /**
   * What an org's own facts bring, so that the probes are known to find something: `shows`, a value of the org that was
   * not sent; `succeeds`, a 2xx; `absent`, a 404, for no org has such a thing; `refused`, the route is not for orgs' keys;
   * `public`, there is nothing of an org; `nobody`, a 401, for the key is not looked at.
   */
  own: 'shows' | 'succeeds' | 'absent' | 'refused' | 'public' | 'nobody';
  /** Requests that name what `target` says. */
  probes(target: OrgFacts): Probe[];
}

export const searches = (t: OrgFacts): string[] => [
  '',
  `service=${t.service}`,
  `host=${t.host}`,
  `logger=${t.logger}`,
  `user_id=${t.userId}`,
  `trace_id=${t.traceId}`,
  `client_event_id=${t.clientEventId}`,
  `attr.${t.attributeName}=${t.attributeValue}`,
  `label.${t.labelName}=${t.labelValue}`,
  `q=${t.word}`,
  `q=${t.attributeName}:${t.attributeValue}`,
  `q=org:${t.orgId}`,
  `service=${SHARED.service}&host=${SHARED.host}`,
  `client_event_id=${SHARED.clientEventId}`,
  `service=${encodeURIComponent(`x' OR org='${t.orgId}`)}`,
  `q=${encodeURIComponent(`"x') OR (org='${t.orgId}"`)}`,
];

const search = (path: string, t: OrgFacts): Probe[] =>
  searches(t).map((query) => ({ path: `${path}?${RANGE}${query === '' ? '' : `&${query}`}` }));

const json = (path: string, body: object): Probe => ({
  path,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** The routes of receivers: the org is named in headers' place, in attributes and in labels. */
function ingestCase(path: string): Case {
  const probes = (t: OrgFacts) =>
    sampleRoutes
      .filter(({ route }) => route.path === path)
      .map(({ format }) => {
        const names = { org: t.orgId, org_id: t.orgId, tenant: t.orgId };
        const attributes = { ...names, 'x-scope-orgid': t.orgId, event_id: t.eventId };
        const events = [{ message: INTRUDER, service: INTRUDER, attributes, labels: names }];
        const body = encodeContent(format.encode(events), format.encoding);
        return {
          path: samplePath({ path }),
          headers: { ...contentHeaders(format), accountid: t.orgId, projectid: t.orgId },
          body,
        };
      });
  return { key: 'ingest', own: 'succeeds', probes };
}

function integrationCases(): Record<string, Case> {
  const path = '/api/log-integrations';
  const one = (line: string, body?: (t: OrgFacts) => object): [string, Case] => {
    const [, rest] = line.split(':integration_id') as [string, string];
    const to = (t: OrgFacts) => `${path}/${t.integrationId}${rest}`;
    const probes = (t: OrgFacts) => [body === undefined ? { path: to(t) } : json(to(t), body(t))];
    return [line, { key: 'admin', own: 'succeeds', probes }];
  };
  const again = (t: OrgFacts) => ({ ...nowhere(t.integrationName), secrets: {} });
  return {
    [`GET ${path}`]: { key: 'admin', own: 'shows', probes: () => [{ path }] },
    [`POST ${path}`]: {
      key: 'admin',
      own: 'succeeds',
      probes: (t) => [json(path, { ...nowhere(`probe ${t.word}`), enabled: false })],
    },
    [`GET ${path}/types`]: { key: 'admin', own: 'succeeds', probes: () => [{ path: `${path}/types` }] },
    [`POST ${path}/test`]: {
      key: 'admin',
      own: 'succeeds',
      probes: (t) => [json(`${path}/test`, { ...again(t), id: t.integrationId })],
    },
    ...Object.fromEntries([
      one(`GET ${path}/:integration_id`),
      one(`PUT ${path}/:integration_id`, again),
      one(`POST ${path}/:integration_id/enable`),
      one(`POST ${path}/:integration_id/test`),
      one(`GET ${path}/:integration_id/deliveries`),
      one(`POST ${path}/:integration_id/replay`, () => ({ from: '-1h' })),
      one(`DELETE ${path}/:integration_id/replay`),
      one(`POST ${path}/:integration_id/disable`),
      one(`DELETE ${path}/:integration_id`),
    ]),
    'POST /api/secrets/rotate': { key: 'admin', own: 'refused', probes: () => [{ path: '/api/secrets/rotate' }] },
  };
}

export const INTRUDER = `intruder${randomBytes(4).toString('hex')}`;

/** By method and path. The test below fails for a route that is not here. */
export const CASES: Readonly<Record<string, Case>> = {
  'GET /api/logs': {
    key: 'query',
    own: 'shows',
    probes: (t) => [
      ...search('/api/logs', t),
      { path: `/api/logs?${RANGE}&count=true` },
      { path: `/api/logs?${RANGE}`, headers: { accept: 'application/x-ndjson' } },
      { path: `/api/logs?${CURSOR_QUERY}&cursor=${t.cursor}` },
      { path: `/api/logs?${RANGE}&cursor=${t.cursor}` },
    ],
  },
  'GET /api/logs/stats': {
    key: 'query',
    own: 'shows',
    probes: (t) => search('/api/logs/stats', t).map(({ path }) => ({ path: `${path}&group_by=service,log_type` })),
  },
  'GET /api/logs/histogram': { key: 'query', own: 'succeeds', probes: (t) => search('/api/logs/histogram', t) },
  'GET /api/logs/fields/:name/distribution': {
    key: 'query',
    own: 'succeeds',
    probes: (t) => [
      ...search('/api/logs/fields/duration_ms/distribution', t),
      { path: `/api/logs/fields/attr.${t.attributeName}.none/distribution?${RANGE}` },
    ],
  },
  'GET /api/logs/top': {
    key: 'query',
    own: 'shows',
    probes: (t) => search('/api/logs/top', t).map(({ path }) => ({ path: `${path}&by=service` })),
  },
  'GET /api/logs/patterns': { key: 'query', own: 'shows', probes: (t) => search('/api/logs/patterns', t) },
  'GET /api/logs/operations': { key: 'query', own: 'succeeds', probes: (t) => search('/api/logs/operations', t) },
  'GET /api/logs/fields': { key: 'query', own: 'shows', probes: (t) => search('/api/logs/fields', t) },
  'GET /api/logs/fields/:name/values': {
    key: 'query',
    own: 'shows',
    probes: (t) => [
      ...['service', 'host', 'client_event_id', 'org', 'org_id'].map((name) => ({
        path: `/api/logs/fields/${name}/values?${RANGE}`,
      })),
      ...[`attr.${t.attributeName}`, `label.${t.labelName}`, t.attributeName].map((name) => ({
        path: `/api/logs/fields/${name}/values?${RANGE}`,
      })),
      { path: `/api/logs/fields/service/values?${RANGE}&prefix=${t.service.slice(0, -1)}` },
      ...search('/api/logs/fields/host/values', t),
    ],
  },
  'POST /api/logs/exports': {
    key: 'query',
    own: 'succeeds',
    probes: (t) => [json('/api/logs/exports', { format: 'csv', query: `${RANGE}&service=${t.service}` })],
  },
  'GET /api/logs/exports/:export_id': {
    key: 'query',
    own: 'succeeds',
    probes: (t) => [{ path: `/api/logs/exports/${t.exportId}` }],
  },
  'GET /api/logs/exports/:export_id/file': {
    key: 'query',
    own: 'shows',
    probes: (t) => [{ path: `/api/logs/exports/${t.exportId}/file` }],
  },
  'DELETE /api/logs/exports/:export_id': {
    key: 'query',
    own: 'succeeds',
    probes: (t) => [{ path: `/api/logs/exports/${t.exportId}` }],
  },
  'GET /api/logs/:event_id/why': {
    key: 'query',
    own: 'succeeds',
    probes: (t) => [{ path: `/api/logs/${t.eventId}/why` }],
  },
  'GET /api/logs/:event_id': { key: 'query', own: 'shows', probes: (t) => [{ path: `/api/logs/${t.eventId}` }] },
  'GET /api/logs/:event_id/context': {
    key: 'query',
    own: 'shows',
    probes: (t) => [{ path: `/api/logs/${t.eventId}/context?before=500&after=500` }],
  },
  'GET /api/traces': {
    key: 'query',
    own: 'shows',
    probes: (t) => search('/api/traces', t).map(({ path }) => ({ path: `${path}&order=slowest` })),
  },
  'GET /api/traces/:trace_id': {
    key: 'query',
    own: 'shows',
    probes: (t) => [{ path: `/api/traces/${t.traceId}` }, { path: `/api/traces/${SHARED.traceId}` }],
  },
  [`GET ${TAIL_PATH}`]: {
    key: 'query',
    own: 'shows',
    // Read for as long as the test below sends; here is what is refused before anything streams.
    probes: (t) => [{ path: `${TAIL_PATH}?org=${t.orgId}` }],
  },
  'GET /api/ingest/attempts': {
    key: 'query',
    own: 'succeeds',
    probes: () => [{ path: '/api/ingest/attempts' }, { path: '/api/ingest/attempts?receiver=ndjson' }],
  },
  'GET /api/ingest/usage': { key: 'query', own: 'succeeds', probes: () => [{ path: '/api/ingest/usage' }] },
  'GET /api/dead-letters': {
    key: 'query',
    own: 'shows',
    probes: () => [{ path: '/api/dead-letters' }, { path: '/api/dead-letters?receiver=ndjson' }],
  },
  'GET /api/dead-letters/:letter_id': {
    key: 'query',
    own: 'shows',
    probes: (t) => ['', `..%2f${t.orgId}%2f`].map((to) => ({ path: `/api/dead-letters/${to}${t.letterId}` })),
  },
  'POST /api/dead-letters/:letter_id/replay': {
    key: 'admin',
    own: 'succeeds',
    probes: (t) => [{ path: `/api/dead-letters/${t.letterId}/replay` }],
  },
  'DELETE /api/dead-letters/:letter_id': {
    key: 'admin',
    own: 'succeeds',
    probes: (t) => [{ path: `/api/dead-letters/${t.letterId}` }],
  },
  'GET /api/coverage': {
    key: 'query',
    own: 'shows',
    probes: (t) => [{ path: `/api/coverage?${RANGE}` }, { path: `/api/coverage?${RANGE}&service=${t.service}` }],
  },
  'PUT /api/event-contract': {
    key: 'admin',
    own: 'succeeds',
    probes: () => [json('/api/event-contract', { version: 1, events: [] })],
  },
  'GET /api/event-contract': { key: 'query', own: 'succeeds', probes: () => [{ path: '/api/event-contract' }] },
  'GET /api/system': { key: 'admin', own: 'refused', probes: () => [{ path: '/api/system' }] },
  'GET /api/storage': { key: 'query', own: 'succeeds', probes: () => [{ path: '/api/storage' }] },
  'GET /api/producers': {
    key: 'query',
    own: 'succeeds',
    probes: (t) => [{ path: '/api/producers' }, { path: `/api/producers?service=${t.service}` }],
  },
  'POST /api/producers/check-in': {
    key: 'ingest',
    own: 'succeeds',
    probes: (t) => [
      json('/api/producers/check-in', { id: t.service, name: t.service, next: 1, complete_next: 0, complete_at: 0 }),
    ],
  },
  'GET /api/redaction': { key: 'query', own: 'succeeds', probes: () => [{ path: '/api/redaction' }] },
  'POST /api/redaction/try': {
    key: 'query',
    own: 'succeeds',
    probes: () => [json('/api/redaction/try', { text: 'password=hunter2squirrel' })],
  },
  'GET /api/saved-views': { key: 'query', own: 'shows', probes: () => [{ path: '/api/saved-views' }] },
  'POST /api/saved-views': {
    key: 'admin',
    own: 'succeeds',
    probes: (t) => [
      json('/api/saved-views', {
        name: `probe ${t.word}`,
        page: 'logs',
        search: `?q=${t.word}`,
      }),
    ],
  },
  'PUT /api/saved-views/:view_id': {
    key: 'admin',
    own: 'succeeds',
    probes: (t) => [json(`/api/saved-views/${t.viewId}`, { name: t.viewName, page: 'stats', search: '' })],
  },
  'DELETE /api/saved-views/:view_id': {
    key: 'admin',
    own: 'succeeds',
    probes: (t) => [{ path: `/api/saved-views/${t.viewId}` }],
  },
  'GET /api/log-levels': { key: 'query', own: 'succeeds', probes: () => [{ path: '/api/log-levels' }] },
  'PUT /api/log-levels': {
    key: 'admin',
    own: 'succeeds',
    probes: () => [json('/api/log-levels', { logger: 'probe', level: 'debug', for: '1s' })],
  },
  'DELETE /api/log-levels': { key: 'admin', own: 'succeeds', probes: () => [{ path: '/api/log-levels?logger=probe' }] },
  'GET /api/orgs': { key: 'admin', own: 'shows', probes: () => [{ path: '/api/orgs' }] },
  'POST /api/orgs': { key: 'admin', own: 'refused', probes: (t) => [json('/api/orgs', { id: t.orgId, name: 'mine' })] },
  'PATCH /api/orgs/:org_id': {
    key: 'admin',
    own: 'shows',
    probes: (t) => [json(`/api/orgs/${t.orgId}`, { retention_days: null })],
  },
  'GET /api/keys': {
    key: 'admin',
    own: 'shows',
    probes: (t) => [{ path: '/api/keys' }, { path: `/api/keys?org_id=${t.orgId}` }],
  },
  'POST /api/keys': {
    key: 'admin',
    own: 'succeeds',
    probes: (t) => [
      json('/api/keys', { name: 'probe', scopes: ['admin'], org_id: t.orgId }),
      json('/api/keys', { name: 'probe', scopes: ['query'], org_id: t.orgId, may_select_orgs: true }),
    ],
  },
  'DELETE /api/keys/:key_id': {
    key: 'admin',
    own: 'succeeds',
    probes: (t) => [{ path: `/api/keys/${t.spareKeyId}` }],
  },
  ...integrationCases(),
  // What it is given is no key of an org; test/app/sessions.test.ts has sessions of orgs.
  'POST /api/sessions': { key: 'query', own: 'nobody', probes: (t) => [json('/api/sessions', { token: t.word })] },
  'DELETE /api/sessions/current': { key: 'query', own: 'public', probes: () => [{ path: '/api/sessions/current' }] },
  'POST /api/sign-in-links': { key: 'admin', own: 'succeeds', probes: () => [{ path: '/api/sign-in-links' }] },
  'GET /api/sessions/current': { key: 'query', own: 'public', probes: () => [{ path: '/api/sessions/current' }] },
  'GET /api/openapi.json': { key: 'query', own: 'public', probes: () => [{ path: '/api/openapi.json' }] },
  'GET /healthz': { key: 'query', own: 'public', probes: () => [{ path: '/healthz' }] },
  'GET /readyz': { key: 'query', own: 'public', probes: () => [{ path: '/readyz' }] },
  // To this machine alone it tells the numbers of all orgs.
  'GET /metrics': {
    key: 'admin',
    own: 'refused',
    probes: () => [{ path: '/metrics', headers: { 'x-forwarded-for': '203.0.113.9' } }],
  },
  ...LOKI_CASES,
  // Keys for servers open it not at all: test/app/browser.test.ts.
  'POST /api/browser/logs': { ...ingestCase('/api/browser/logs'), own: 'refused' },
  'POST /api/firehose': ingestCase('/api/firehose'),
  'POST /aws/firehose': ingestCase('/aws/firehose'),
  'POST /upload': ingestCase('/upload'),
  'POST /api/logs': ingestCase('/api/logs'),
  'POST /v1/logs': ingestCase('/v1/logs'),
  'POST /otlp/v1/logs': ingestCase('/otlp/v1/logs'),
  'POST /insert/opentelemetry/v1/logs': ingestCase('/insert/opentelemetry/v1/logs'),
  'POST /gelf': ingestCase('/gelf'),
  'POST /loki/api/v1/push': ingestCase('/loki/api/v1/push'),
  'POST /api/prom/push': ingestCase('/api/prom/push'),
  'POST /api/v2/logs': ingestCase('/api/v2/logs'),
  'POST /v1/input': ingestCase('/v1/input'),
  'POST /v1/input/:key': ingestCase('/v1/input/:key'),
  'POST /services/collector': ingestCase('/services/collector'),
  'POST /services/collector/event': ingestCase('/services/collector/event'),
  'POST /services/collector/event/1.0': ingestCase('/services/collector/event/1.0'),
  'POST /services/collector/raw': ingestCase('/services/collector/raw'),
  'POST /services/collector/raw/1.0': ingestCase('/services/collector/raw/1.0'),
  'POST /_bulk': ingestCase('/_bulk'),
  'PUT /_bulk': ingestCase('/_bulk'),
  'POST /:index/_bulk': ingestCase('/:index/_bulk'),
  'PUT /:index/_bulk': ingestCase('/:index/_bulk'),
  'POST /:index/:type/_bulk': ingestCase('/:index/:type/_bulk'),
  'PUT /:index/:type/_bulk': ingestCase('/:index/:type/_bulk'),
  'POST /:index/_doc': ingestCase('/:index/_doc'),
  'POST /:index/_doc/:id': ingestCase('/:index/_doc/:id'),
  'PUT /:index/_doc/:id': ingestCase('/:index/_doc/:id'),
  'POST /:index/_create/:id': ingestCase('/:index/_create/:id'),
  'PUT /:index/_create/:id': ingestCase('/:index/_create/:id'),
  'POST /elasticsearch/_bulk': ingestCase('/elasticsearch/_bulk'),
  'PUT /elasticsearch/_bulk': ingestCase('/elasticsearch/_bulk'),
  'POST /elasticsearch/:index/_bulk': ingestCase('/elasticsearch/:index/_bulk'),
  'PUT /elasticsearch/:index/_bulk': ingestCase('/elasticsearch/:index/_bulk'),
  'POST /elasticsearch/:index/:type/_bulk': ingestCase('/elasticsearch/:index/:type/_bulk'),
  'PUT /elasticsearch/:index/:type/_bulk': ingestCase('/elasticsearch/:index/:type/_bulk'),
  'POST /elasticsearch/:index/_doc': ingestCase('/elasticsearch/:index/_doc'),
  'POST /elasticsearch/:index/_doc/:id': ingestCase('/elasticsearch/:index/_doc/:id'),
  'PUT /elasticsearch/:index/_doc/:id': ingestCase('/elasticsearch/:index/_doc/:id'),
  'POST /elasticsearch/:index/_create/:id': ingestCase('/elasticsearch/:index/_create/:id'),
  'PUT /elasticsearch/:index/_create/:id': ingestCase('/elasticsearch/:index/_create/:id'),
};
