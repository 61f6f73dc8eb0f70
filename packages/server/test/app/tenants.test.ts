import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiRoutes } from '../../src/api/routes/index.ts';
import { TAIL_PATH } from '../../src/api/routes/tail/index.ts';
import { RECEIVERS } from '../../src/receivers/registry.ts';
import { call, type RawAnswer } from '../support/http-call.ts';
import {
  asKey,
  CURSOR_QUERY,
  eventOf,
  madeUpFacts,
  makeOrg,
  type OrgFacts,
  type OrgKeys,
  RANGE,
  SHARED,
  sendSample,
  stateOfOrg,
} from '../support/org-facts.ts';
import { contentHeaders, encodeContent, keyedRoutes, samplePath, sampleRoutes } from '../support/receiver-samples.ts';
import { ADMIN_KEY, eventually, removeTempDirs, type SpawnedServer, spawnServer } from '../support/server.ts';
import { openTailBytes, TAIL_TRANSPORTS, type TailBytes } from '../support/tail-bytes.ts';

/**
 * Two orgs, every route of the program, each with the other's ids, keys, cursors and words: no byte of the one comes out
 * to the other, and what is another's is answered as what is not there.
 */
interface Probe {
  path: string;
  headers?: Record<string, string>;
  body?: Buffer | string;
}

interface Case {
  key: keyof OrgKeys;
  /**
   * What an org's own facts bring, so that the probes are known to find something: `shows`, a value of the org that was
   * not sent; `succeeds`, a 2xx; `refused`, the route is not for orgs' keys; `public`, there is nothing of an org.
   */
  own: 'shows' | 'succeeds' | 'refused' | 'public';
  /** Requests that name what `target` says. */
  probes(target: OrgFacts): Probe[];
}

const searches = (t: OrgFacts): string[] => [
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

const INTRUDER = `intruder${randomBytes(4).toString('hex')}`;

/** By method and path. The test below fails for a route that is not here. */
const CASES: Readonly<Record<string, Case>> = {
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
  'GET /api/logs/:event_id/why': {
    key: 'query',
    own: 'shows',
    probes: (t) => [{ path: `/api/logs/${t.eventId}/why` }],
  },
  'GET /api/logs/:event_id': { key: 'query', own: 'shows', probes: (t) => [{ path: `/api/logs/${t.eventId}` }] },
  'GET /api/logs/:event_id/context': {
    key: 'query',
    own: 'shows',
    probes: (t) => [{ path: `/api/logs/${t.eventId}/context?before=500&after=500` }],
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
    probes: (t) => [{ path: '/api/coverage' }, { path: `/api/coverage?service=${t.service}` }],
  },
  'PUT /api/event-contract': {
    key: 'admin',
    own: 'succeeds',
    probes: () => [json('/api/event-contract', { version: 1, events: [] })],
  },
  'GET /api/event-contract': { key: 'query', own: 'succeeds', probes: () => [{ path: '/api/event-contract' }] },
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
  'GET /api/log-levels': { key: 'query', own: 'succeeds', probes: () => [{ path: '/api/log-levels' }] },
  'PUT /api/log-levels': {
    key: 'admin',
    own: 'succeeds',
    probes: () => [json('/api/log-levels', { logger: 'probe', level: 'debug', for: '1s' })],
  },
  'DELETE /api/log-levels': { key: 'admin', own: 'refused', probes: () => [{ path: '/api/log-levels?logger=nobody' }] },
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
  'GET /api/openapi.json': { key: 'query', own: 'public', probes: () => [{ path: '/api/openapi.json' }] },
  'GET /healthz': { key: 'query', own: 'public', probes: () => [{ path: '/healthz' }] },
  'GET /readyz': { key: 'query', own: 'public', probes: () => [{ path: '/readyz' }] },
  // To this machine alone it tells the numbers of all orgs.
  'GET /metrics': {
    key: 'admin',
    own: 'refused',
    probes: () => [{ path: '/metrics', headers: { 'x-forwarded-for': '203.0.113.9' } }],
  },
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

const API_ROUTES = [...apiRoutes.map(({ method, path }) => `${method} ${path}`), `GET ${TAIL_PATH}`];
const RECEIVER_ROUTES = RECEIVERS.flatMap(({ routes }) => routes).map(({ method, path }) => `${method} ${path}`);

type OrgName = 'acme' | 'globex';
let server: SpawnedServer;
let orgs: Record<OrgName, { facts: OrgFacts; keys: OrgKeys }>;

beforeAll(async () => {
  server = await spawnServer({ env: { TAILWATER_STORE_INSERT_INTERVAL_MS: '50ms' } });
  orgs = { acme: await makeOrg(server, 'acme'), globex: await makeOrg(server, 'globex') };
});
afterAll(async () => {
  await server?.stop();
  removeTempDirs();
});

const DIRECTIONS: readonly [OrgName, OrgName][] = [
  ['acme', 'globex'],
  ['globex', 'acme'],
];

test('every route of the program has a case', () => {
  expect(new Set(Object.keys(CASES))).toEqual(new Set([...API_ROUTES, ...RECEIVER_ROUTES]));
  expect(new Set(sampleRoutes.map(({ route }) => `${route.method} ${route.path}`))).toEqual(new Set(RECEIVER_ROUTES));
});

/** What nobody may see who did not send it. */
function leaked({ path, headers, body }: Probe, answer: RawAnswer, facts: OrgFacts, keys: OrgKeys): string[] {
  const sent = [path, JSON.stringify(headers), body?.toString('latin1')].join('\n');
  const got = JSON.stringify(answer.headers) + answer.text;
  const values = [...Object.values(facts as unknown as Record<string, string>), ...Object.values(keys)];
  return values.filter((value) => got.includes(value) && !sent.includes(value));
}

/** The answer without what differs between two requests of one meaning: ids, and what they sent themselves. */
function meaning(answer: RawAnswer, sent: OrgFacts): unknown {
  let text = answer.text
    .replace(/"request_id":"[^"]*"/g, '')
    .replace(/"position":"\d+"/g, '')
    .replace(/"_id":"[^"]*"/g, '')
    .replace(/"timestamp":\d+/g, '')
    .replace(/"secret":"[^"]*"|"(id|prefix|created_at|last_used_at|set_at|until)":"[^"]*"/g, '');
  for (const [name, value] of Object.entries(sent)) text = text.replaceAll(value as string, `<${name}>`);
  return { status: answer.status, type: answer.headers['content-type'], allow: answer.headers.allow, text };
}

/** The probes, and the first of them with the org named in every other way there might be. */
function probesOf({ probes, own }: Case, target: OrgFacts): Probe[] {
  const all = probes(target);
  if (own === 'public') return all;
  const [first] = all as [Probe];
  const mark = first.path.includes('?') ? '&' : '?';
  const named = ['org', 'org_id', 'orgId', 'tenant', 'x-scope-orgid'].map((name) => ({
    ...first,
    path: `${first.path}${mark}${name}=${target.orgId}`,
  }));
  return [...all, ...named, { ...first, headers: { ...first.headers, 'x-scope-orgid': target.orgId } }];
}

function send(route: string, probe: Probe, key: string): Promise<RawAnswer> {
  const [method] = route.split(' ');
  const { headers, body } = probe;
  return call(server, `${method} ${probe.path}`, {
    headers: { ...headers, ...asKey(key) },
    ...(body === undefined ? {} : { body }),
  });
}

async function attack(route: string, by: OrgName, on: OrgName): Promise<void> {
  const theCase = CASES[route]!;
  const attacker = orgs[by];
  const victim = orgs[on];
  const nobody = madeUpFacts('nobody');
  const key = attacker.keys[theCase.key];
  const unknown = probesOf(theCase, nobody);
  for (const [i, probe] of probesOf(theCase, victim.facts).entries()) {
    const answer = await send(route, probe, key);
    expect(leaked(probe, answer, victim.facts, victim.keys), probe.path).toEqual([]);
    if (theCase.own === 'public') continue;
    const expected = meaning(await send(route, unknown[i]!, key), nobody);
    expect(meaning(answer, victim.facts), probe.path).toEqual(expected);
  }
}

/** The same probes find what is the org's own, or the attack above would prove nothing. */
async function findOwn(route: string, name: OrgName): Promise<void> {
  const { own, key, probes } = CASES[route]!;
  const { facts, keys } = orgs[name];
  const answers: { status: number; shown: string[] }[] = [];
  for (const probe of probes(facts)) {
    const answer = await send(route, probe, keys[key]);
    answers.push({ status: answer.status, shown: leaked(probe, answer, facts, keys) });
  }
  if (own === 'refused') expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 403));
  else expect(answers[0]!.status).toBeLessThan(300);
  if (own === 'shows') expect(answers.some(({ shown }) => shown.length > 0)).toBe(true);
}

const withoutTail = API_ROUTES.filter((route) => route !== `GET ${TAIL_PATH}`);

describe.each(DIRECTIONS)('%s with what is of %s', (by, on) => {
  let before: unknown;
  beforeAll(async () => {
    before = await stateOfOrg(server, orgs[on].facts);
  });

  test.each(API_ROUTES)('%s', (route) => attack(route, by, on));

  test('and nothing of it was changed', async () => {
    expect(await stateOfOrg(server, orgs[on].facts)).toEqual(before);
  });
});

describe('keys', () => {
  test.each(API_ROUTES.filter((route) => !['public', 'refused'].includes(CASES[route]!.own)))(
    '%s is for keys of its scope',
    async (route) => {
      const { facts, keys } = orgs.acme;
      const { key, probes } = CASES[route]!;
      for (const other of key === 'admin' ? (['ingest', 'query'] as const) : (['ingest'] as const)) {
        for (const probe of probes(facts)) {
          const answer = await send(route, probe, keys[other]);
          expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([403, 'forbidden']);
          expect(leaked(probe, answer, facts, keys)).toEqual([]);
        }
      }
    },
  );

  test.each(sampleRoutes)('$title takes nothing by a key for queries', async (sample) => {
    const answer = await sendSample(server, sample, asKey(orgs.acme.keys.query), [{ message: INTRUDER }]);
    expect(answer.status).toBe(403);
    expect(sample.samples.refusalText(answer, sample.format)).toContain('ingest');
  });

  test('one that was revoked is refused at once, everywhere', async () => {
    const admin = orgs.acme.keys.admin;
    const body = JSON.stringify({ name: 'short', scopes: ['ingest', 'query', 'admin'] });
    const headers = { ...asKey(admin), 'content-type': 'application/json' };
    const made = JSON.parse((await call(server, 'POST /api/keys', { headers, body })).text);
    const short = asKey(made.secret as string);
    const statuses = async () => {
      const all: number[] = [];
      for (const sample of sampleRoutes) all.push((await sendSample(server, sample, short, [])).status);
      for (const path of [`/api/logs?${RANGE}`, '/api/orgs', '/api/keys']) {
        all.push((await call(server, `GET ${path}`, { headers: short })).status);
      }
      for (const transport of TAIL_TRANSPORTS) {
        const tail = await openTailBytes(server, transport, TAIL_PATH, short);
        tail.close();
        all.push(tail.status);
      }
      return all;
    };
    expect(await statuses()).not.toContain(401);
    await call(server, `DELETE /api/keys/${made.id}`, { headers: asKey(admin) });
    expect(new Set(await statuses())).toEqual(new Set([401]));
  });

  test('one that may select orgs acts for the org it names, and for no other', async () => {
    for (const name of ['acme', 'globex'] as const) {
      const { facts } = orgs[name];
      const other = orgs[name === 'acme' ? 'globex' : 'acme'];
      const headers = { ...asKey(ADMIN_KEY), 'x-scope-orgid': facts.orgId };
      const probe = { path: `/api/logs?${RANGE}&page_size=1000`, headers };
      const answer = await call(server, `GET ${probe.path}`, { headers });
      expect(answer.text).toContain(facts.word);
      expect(leaked(probe, answer, other.facts, other.keys)).toEqual([]);
    }
    const nowhere = { ...asKey(ADMIN_KEY), 'x-scope-orgid': 'nowhere' };
    expect((await call(server, `GET /api/logs?${RANGE}`, { headers: nowhere })).status).toBe(403);
  });
});

describe('live tail', () => {
  const open = async (path: string, key: string, headers = {}): Promise<TailBytes[]> => {
    const all = TAIL_TRANSPORTS.map((transport) =>
      openTailBytes(server, transport, path, { ...asKey(key), ...headers }),
    );
    return Promise.all(all);
  };
  const tails = (t: OrgFacts) => [
    ...searches(t)
      .slice(0, 11)
      .map((query) => `${TAIL_PATH}?${query}`),
    `${TAIL_PATH}?backfill=1000&from=-1h`,
    `${TAIL_PATH}?service=${SHARED.service}`,
  ];

  test.each(DIRECTIONS)('%s sees its own events, and by no filter one of %s', async (by, on) => {
    const [attacker, victim] = [orgs[by], orgs[on]];
    const own: TailBytes[] = [];
    const foreign: { path: string; tail: TailBytes }[] = [];
    const resumed = { 'last-event-id': victim.facts.eventId };
    own.push(...(await open(TAIL_PATH, attacker.keys.query, resumed)));
    for (const path of tails(victim.facts)) {
      for (const tail of await open(path, attacker.keys.query)) foreign.push({ path, tail });
    }
    own.push(...(await open(`${TAIL_PATH}?q=${attacker.facts.word}`, attacker.keys.query)));
    for (const { path, tail } of foreign) expect([200, 101], path).toContain(tail.status);
    for (const { facts, keys } of [victim, attacker]) {
      for (const sample of keyedRoutes) {
        await sendSample(server, sample, asKey(keys.ingest), [eventOf(facts, `live ${sample.title}`)]);
      }
    }
    // The journal has one order: who has the attacker's last event was shown the victim's before it.
    const last = `live ${keyedRoutes.at(-1)!.title}`;
    await eventually(async () => own.every((tail) => tail.received().includes(last)) || undefined);
    const all = [...foreign, ...own.map((tail) => ({ path: TAIL_PATH, tail }))];
    for (const { path, tail } of all) {
      const answer = { status: tail.status, headers: {}, body: Buffer.alloc(0), text: tail.received() };
      const probe = { path, headers: resumed };
      expect(leaked(probe, answer, victim.facts, victim.keys), path).toEqual([]);
      expect(answer.text.includes(victim.facts.word), path).toBe(false);
      tail.close();
    }
  });

  test.each(DIRECTIONS)('%s cannot select %s', async (by, on) => {
    const headers = { 'x-scope-orgid': orgs[on].facts.orgId };
    const refused = await open(TAIL_PATH, orgs[by].keys.query, headers);
    const unknown = await open(TAIL_PATH, orgs[by].keys.query, { 'x-scope-orgid': 'nowhere' });
    const words = (tail: TailBytes) => tail.received().replace(/"request_id":"[^"]*"/, '');
    expect(refused.map(({ status }) => status)).toEqual([403, 403]);
    expect(refused.map(words)).toEqual(unknown.map(words));
  });
});

// From here on events of the one name the other's org.
describe('receivers', () => {
  const first = keyedRoutes[0]!;
  const settle = () => sendSample(server, first, asKey(orgs.acme.keys.ingest), [{ message: 'x' }], '?ack=stored');
  let before: unknown;
  beforeAll(async () => {
    await settle();
    before = await stateOfOrg(server, orgs.globex.facts);
  });

  test.each(RECEIVER_ROUTES)('%s', (route) => attack(route, 'acme', 'globex'));

  test('they take events for the org of the key alone', async () => {
    await settle();
    const headers = asKey(orgs.acme.keys.query);
    const found = await call(server, `GET /api/logs?${RANGE}&q=${INTRUDER}&count=true`, { headers });
    expect(JSON.parse(found.text).total).toBeGreaterThan(RECEIVER_ROUTES.length);
    expect(await stateOfOrg(server, orgs.globex.facts)).toEqual(before);
  });
});

test.each([...withoutTail, ...RECEIVER_ROUTES])('%s: the same probes find what is the own', async (route) => {
  for (const name of ['acme', 'globex'] as const) await findOwn(route, name);
});
