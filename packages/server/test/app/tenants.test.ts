import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiRoutes } from '../../src/api/routes/index.ts';
import { isLokiPath } from '../../src/api/routes/loki/paths.ts';
import { TAIL_PATH } from '../../src/api/routes/tail/index.ts';
import { RECEIVERS } from '../../src/receivers/registry.ts';
import { call, type RawAnswer } from '../support/http-call.ts';
import {
  asKey,
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
import { keyedRoutes, sampleRoutes } from '../support/receiver-samples.ts';
import { ADMIN_KEY, eventually, removeTempDirs, type SpawnedServer, spawnServer } from '../support/server.ts';
import { SHARE, shareOf } from '../support/share.ts';
import { openTailBytes, TAIL_TRANSPORTS, type TailBytes } from '../support/tail-bytes.ts';
import { CASES, type Case, INTRUDER, type Probe, searches } from './tenant-cases.ts';

/**
 * Two orgs, every route of the program, each with the other's ids, keys, cursors and words: no byte of the one comes out
 * to the other, and what is another's is answered as what is not there.
 */
const API_ROUTES = [...apiRoutes.map(({ method, path }) => `${method} ${path}`), `GET ${TAIL_PATH}`];
const RECEIVER_ROUTES = RECEIVERS.flatMap(({ routes }) => routes).map(({ method, path }) => `${method} ${path}`);

type OrgName = 'acme' | 'globex';
let server: SpawnedServer;
let orgs: Record<OrgName, { facts: OrgFacts; keys: OrgKeys }>;

beforeAll(async () => {
  server = await spawnServer({ env: { TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms' } });
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
    // The store's, which merges change.
    .replace(/"bytes_per_event":[\d.]+/g, '')
    // The last of a LogQL answer: how long it took and what was read.
    .replace(/"stats":\{.*/s, '')
    .replace(/"position":"\d+"/g, '')
    .replace(/"_id":"[^"]*"/g, '')
    .replace(/"timestamp":\d+/g, '')
    .replace(
      /"secret":"[^"]*"|"(id|prefix|created_at|updated_at|tested_at|last_test_at|started_at|last_used_at|set_at|until|expires_at|url)":"[^"]*"/g,
      '',
    );
  for (const [name, value] of Object.entries(sent)) text = text.replaceAll(value as string, `<${name}>`);
  return { status: answer.status, type: answer.headers['content-type'], allow: answer.headers.allow, text };
}

/** The probes, and the first of them with the org named in every other way there might be. */
function allProbesOf({ probes, own }: Case, target: OrgFacts): Probe[] {
  const all = probes(target);
  if (own === 'public') return all;
  const [first] = all as [Probe];
  const mark = first.path.includes('?') ? '&' : '?';
  // Loki's routes read parameters in one place; one of them stands for all.
  const isAnother = isLokiPath(first.path) && !first.path.startsWith('/loki/api/v1/query_range');
  const names = isAnother ? ['org'] : ['org', 'org_id', 'orgId', 'tenant', 'x-scope-orgid'];
  const named = names.map((name) => ({
    ...first,
    path: `${first.path}${mark}${name}=${target.orgId}`,
  }));
  return [...all, ...named, { ...first, headers: { ...first.headers, 'x-scope-orgid': target.orgId } }];
}

/** Asked everything: the others compile filters and selectors as they do. */
const EVERY_PROBE = ['GET /api/logs', 'GET /loki/api/v1/query_range'];
const PROBES = 2;

interface ProbePair {
  victim: Probe;
  /** The same of nobody. */
  nobody: Probe;
}

function probePairs(route: string, by: OrgName, victim: OrgFacts, nobody: OrgFacts): readonly ProbePair[] {
  const theCase = CASES[route]!;
  const unknown = allProbesOf(theCase, nobody);
  const pairs = allProbesOf(theCase, victim).map((probe, i) => ({ victim: probe, nobody: unknown[i]! }));
  // One way round is enough for most: what keeps orgs apart does not know which was first.
  if (by === 'globex') return shareOf(pairs, 1);
  return EVERY_PROBE.includes(route) ? pairs : shareOf(pairs, PROBES, route);
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
  for (const { victim: probe, nobody: unknown } of probePairs(route, by, victim.facts, nobody)) {
    const answer = await send(route, probe, key);
    expect(leaked(probe, answer, victim.facts, victim.keys), probe.path).toEqual([]);
    if (theCase.own === 'public') continue;
    const expected = meaning(await send(route, unknown, key), nobody);
    expect(meaning(answer, victim.facts), probe.path).toEqual(expected);
  }
}

/** The same probes find what is the org's own, or the attack above would prove nothing. */
async function findOwn(route: string, name: OrgName): Promise<void> {
  const { own, key, probes } = CASES[route]!;
  const { facts, keys } = orgs[name];
  const answers: { status: number; shown: string[] }[] = [];
  const isFound = () => own === 'succeeds' || answers.some(({ shown }) => shown.length > 0);
  for (const probe of probes(facts)) {
    const answer = await send(route, probe, keys[key]);
    answers.push({ status: answer.status, shown: leaked(probe, answer, facts, keys) });
    if (isFound()) break;
  }
  const only = { refused: 403, absent: 404, nobody: 401 }[own as string] ?? null;
  if (only !== null) expect(answers.map(({ status }) => status)).toEqual(answers.map(() => only));
  else expect(answers[0]!.status).toBeLessThan(300);
  if (own === 'shows') expect(answers.some(({ shown }) => shown.length > 0)).toBe(true);
}

const withoutTail = API_ROUTES.filter((route) => route !== `GET ${TAIL_PATH}`);

describe.each(DIRECTIONS)(`%s with what is of %s, ${SHARE}`, (by, on) => {
  let before: unknown;
  beforeAll(async () => {
    before = await stateOfOrg(server, orgs[on].facts);
  });

  test.each(API_ROUTES)('%s', (route) => attack(route, by, on));

  test('and nothing of it was changed', async () => {
    expect(await stateOfOrg(server, orgs[on].facts)).toEqual(before);
  });
});

const OTHER_KEYS: Partial<Record<keyof OrgKeys, readonly (keyof OrgKeys)[]>> = {
  admin: ['ingest', 'query'],
  query: ['ingest'],
  ingest: ['query'],
};

describe('keys', () => {
  test.each(API_ROUTES.filter((route) => !['public', 'refused', 'nobody'].includes(CASES[route]!.own)))(
    '%s is for keys of its scope',
    async (route) => {
      const { facts, keys } = orgs.acme;
      const { key, probes } = CASES[route]!;
      for (const other of OTHER_KEYS[key]!) {
        for (const probe of shareOf(probes(facts), 2, route)) {
          const answer = await send(route, probe, keys[other]);
          expect(answer.status).toBe(403);
          if (isLokiPath(probe.path)) expect(answer.text).toContain('lacks the scope');
          else expect(JSON.parse(answer.text).error.code).toBe('forbidden');
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
    ...shareOf(searches(t).slice(0, 11), 5).map((query) => `${TAIL_PATH}?${query}`),
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
