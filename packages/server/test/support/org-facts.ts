import { randomBytes, randomUUID } from 'node:crypto';
import { call, type RawAnswer } from './http-call.ts';
import {
  contentHeaders,
  encodeContent,
  keyedRoutes,
  type SampleEvent,
  type SampleRoute,
  samplePath,
} from './receiver-samples.ts';
import { ADMIN_KEY, eventually } from './server.ts';

/**
 * Everything of an org that another could name or find. Each value is in no other org and in nothing else, so one that
 * turns up in an answer was leaked.
 */
export interface OrgFacts {
  orgId: string;
  orgName: string;
  /** A logger prefix in the org's settings. */
  loggerPrefix: string;
  keyName: string;
  keyId: string;
  /** Of a key that may be revoked. */
  spareKeyId: string;
  /** In every message. */
  word: string;
  service: string;
  host: string;
  logger: string;
  userId: string;
  clientEventId: string;
  attributeName: string;
  attributeValue: string;
  labelName: string;
  labelValue: string;
  traceId: string;
  eventId: string;
  /** Of a dead letter. */
  letterId: string;
  integrationName: string;
  integrationId: string;
  viewName: string;
  viewId: string;
  exportId: string;
  /** Of the second page of `/api/logs` with CURSOR_QUERY. */
  cursor: string;
}

export type OrgKeys = Record<'ingest' | 'query' | 'admin', string>;

/** What both orgs have: nothing of the one is found by it in the other. */
export const SHARED = {
  service: 'shared-service',
  host: 'shared-host',
  traceId: '5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e',
  clientEventId: 'shared-client-id',
} as const;

const HOUR_MS = 3_600_000;
/** Absolute, so that two answers to one question are the same. */
export const RANGE = `from=${Date.now() - HOUR_MS}&to=${Date.now() + HOUR_MS}`;
export const CURSOR_QUERY = `${RANGE}&page_size=1`;

/** Facts that are true of no org. */
export function madeUpFacts(name: string): OrgFacts {
  const word = (what: string) => `${what}${name}${randomBytes(4).toString('hex')}`;
  return {
    orgId: word('org'),
    orgName: word('name'),
    loggerPrefix: word('prefix'),
    keyName: word('keyname'),
    keyId: randomUUID(),
    spareKeyId: randomUUID(),
    word: word('word'),
    service: word('service'),
    host: word('host'),
    logger: word('logger'),
    userId: word('user'),
    clientEventId: word('client'),
    attributeName: word('attribute'),
    attributeValue: word('value'),
    labelName: word('label'),
    labelValue: word('labelled'),
    traceId: randomBytes(16).toString('hex'),
    eventId: `0000${randomBytes(9).toString('hex')}`,
    letterId: `${Date.now().toString(36).padStart(9, '0')}-0000-${randomBytes(4).toString('hex')}`,
    integrationName: word('integration'),
    integrationId: randomUUID(),
    viewName: word('view'),
    viewId: randomUUID(),
    exportId: randomUUID(),
    cursor: randomBytes(60).toString('base64url'),
  };
}

const asOperator = (headers: Record<string, string> = {}) => ({ authorization: `Bearer ${ADMIN_KEY}`, ...headers });
export const asKey = (secret: string) => ({ 'x-api-key': secret });

type Server = Parameters<typeof call>[0];

async function operate(server: Server, line: string, body: object): Promise<Record<string, string>> {
  const headers = asOperator({ 'content-type': 'application/json' });
  const answer = await call(server, line, { headers, body: JSON.stringify(body) });
  if (answer.status > 299) throw new Error(`${line}: ${answer.text}`);
  return JSON.parse(answer.text) as Record<string, string>;
}

/** An org with a key of each scope, and an event over every receiver's every route and format, all searchable. */
export async function makeOrg(server: Server, name: string): Promise<{ facts: OrgFacts; keys: OrgKeys }> {
  const facts = madeUpFacts(name);
  await operate(server, 'POST /api/orgs', { id: facts.orgId, name: facts.orgName });
  await operate(server, `PATCH /api/orgs/${facts.orgId}`, { log_types: { [facts.loggerPrefix]: 'auth' } });
  const makeKey = (scope: keyof OrgKeys) =>
    operate(server, 'POST /api/keys', { name: facts.keyName, scopes: [scope], org_id: facts.orgId });
  const made = { ingest: await makeKey('ingest'), query: await makeKey('query'), admin: await makeKey('admin') };
  facts.keyId = made.query.id!;
  facts.spareKeyId = (await makeKey('query')).id!;
  const keys = { ingest: made.ingest.secret!, query: made.query.secret!, admin: made.admin.secret! };
  for (const sample of keyedRoutes) {
    const answer = await sendSample(server, sample, asKey(keys.ingest), [eventOf(facts, sample.title)]);
    if (answer.status > 299) throw new Error(`${sample.title}: ${answer.status} ${answer.text}`);
  }
  await sendPlatformEvents(server, facts, keys.ingest);
  await leaveLetter(server, facts, keys);
  await addIntegration(server, facts, keys.admin);
  await saveView(server, facts, keys.admin);
  await fillFromStore(server, facts, keys.query);
  await makeExport(server, facts, keys.query);
  return { facts, keys };
}

/** An event that says all that a protocol can. */
export function eventOf(facts: OrgFacts, text: string): SampleEvent {
  return {
    message: `${facts.word} ${text}`,
    service: facts.service,
    host: facts.host,
    traceId: facts.traceId,
    attributes: { [facts.attributeName]: facts.attributeValue },
    labels: { [facts.labelName]: facts.labelValue },
  };
}

/** Sends events over one route in one format. `query` begins with `?`. */
export function sendSample(
  server: Server,
  { route, format }: SampleRoute,
  headers: Record<string, string>,
  events: readonly SampleEvent[],
  query = '',
): Promise<RawAnswer> {
  const body = encodeContent(format.encode(events), format.encoding);
  return call(server, `${route.method} ${samplePath(route)}${query}`, {
    headers: { ...contentHeaders(format), ...headers },
    body,
  });
}

/** Errors with every field of the platform, of the org's own and of the shared service. */
async function sendPlatformEvents(server: Server, facts: OrgFacts, key: string): Promise<void> {
  const own = {
    severity: 'error',
    message: `${facts.word} failed`,
    service: facts.service,
    host: facts.host,
    logger: facts.logger,
    user_id: facts.userId,
    trace_id: facts.traceId,
    event_id: facts.clientEventId,
    metadata: { [facts.attributeName]: facts.attributeValue },
  };
  const { service, host, traceId, clientEventId } = SHARED;
  const shared = { ...own, service, host, trace_id: traceId, event_id: clientEventId };
  await operateAs(server, key, [own, shared, { ...shared, message: `${facts.word} again` }]);
}

/** A request that cannot be read, and its letter. */
async function leaveLetter(server: Server, facts: OrgFacts, keys: OrgKeys): Promise<void> {
  const body = `{"message":"${facts.word}",`;
  const headers = { ...asKey(keys.ingest), 'content-type': 'application/json' };
  const refused = await call(server, 'POST /api/logs', { headers, body });
  const { text } = await call(server, 'GET /api/dead-letters', { headers: asKey(keys.query) });
  const [letter] = (JSON.parse(text) as { dead_letters: { id: string }[] }).dead_letters;
  if (refused.status !== 400 || letter === undefined) throw new Error(`no dead letter: ${refused.status} ${text}`);
  facts.letterId = letter.id;
}

/** Settings that lead nowhere (RFC 6761 §6.4). */
export const nowhere = (name: string) => ({
  name,
  type: 'datadog',
  config: { url: 'https://nowhere.invalid' },
  secrets: { api_key: 'a-key-of-datadog' },
});

async function addIntegration(server: Server, facts: OrgFacts, key: string): Promise<void> {
  const headers = { ...asKey(key), 'content-type': 'application/json' };
  const body = JSON.stringify({ ...nowhere(facts.integrationName), enabled: false });
  const made = await call(server, 'POST /api/log-integrations', { headers, body });
  if (made.status !== 201) throw new Error(made.text);
  facts.integrationId = (JSON.parse(made.text) as { id: string }).id;
}

async function saveView(server: Server, facts: OrgFacts, key: string): Promise<void> {
  const headers = { ...asKey(key), 'content-type': 'application/json' };
  const body = JSON.stringify({ name: facts.viewName, page: 'logs', search: `?q=${facts.word}` });
  const made = await call(server, 'POST /api/saved-views', { headers, body });
  if (made.status !== 201) throw new Error(made.text);
  facts.viewId = (JSON.parse(made.text) as { id: string }).id;
}

async function makeExport(server: Server, facts: OrgFacts, key: string): Promise<void> {
  const headers = { ...asKey(key), 'content-type': 'application/json' };
  const body = JSON.stringify({ format: 'ndjson', query: RANGE });
  const made = await call(server, 'POST /api/logs/exports', { headers, body });
  if (made.status !== 201) throw new Error(made.text);
  facts.exportId = (JSON.parse(made.text) as { id: string }).id;
}

async function operateAs(server: Server, key: string, events: readonly object[]): Promise<void> {
  const headers = { ...asKey(key), 'content-type': 'application/json' };
  const answer = await call(server, 'POST /api/logs', { headers, body: JSON.stringify(events) });
  if (answer.status !== 202) throw new Error(answer.text);
}

interface Page {
  events: { event_id: string }[];
  next_cursor: string;
}

async function fillFromStore(server: Server, facts: OrgFacts, key: string): Promise<void> {
  const page = async (query: string) =>
    JSON.parse((await call(server, `GET /api/logs?${query}`, { headers: asKey(key) })).text) as Page;
  const wanted = keyedRoutes.length + 3;
  await eventually(async () => (await page(`${RANGE}&page_size=1000`)).events.length === wanted || undefined);
  facts.eventId = (await page(`${RANGE}&service=${SHARED.service}`)).events[0]!.event_id;
  facts.cursor = (await page(CURSOR_QUERY)).next_cursor;
}

/** The org as its operator sees it: to compare before and after. */
export async function stateOfOrg(server: Server, { orgId }: OrgFacts): Promise<unknown> {
  const get = async (path: string) => {
    const answer = await call(server, `GET ${path}`, { headers: asOperator({ 'x-scope-orgid': orgId }) });
    return JSON.parse(answer.text) as Record<string, Record<string, unknown>[]>;
  };
  const { orgs } = await get('/api/orgs');
  const { keys } = await get(`/api/keys?org_id=${orgId}`);
  const { integrations } = await get('/api/log-integrations');
  const { saved_views } = await get('/api/saved-views');
  const { events } = await get(`/api/logs?${RANGE}&page_size=1000&order=asc`);
  return {
    org: orgs!.find(({ id }) => id === orgId),
    keys: keys!.map(({ last_used_at: _, ...key }) => key),
    integrations,
    saved_views,
    events,
  };
}
