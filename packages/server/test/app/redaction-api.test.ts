import { afterAll, beforeAll, expect, test } from 'vitest';
import { redactionSchema, redactionTrySchema } from '../../src/api/wire/redaction.ts';
import { updateOrgSettings } from '../../src/control/orgs.ts';
import { openClickHouseStore } from '../../src/stores/clickhouse/store.ts';
import { openTestApi, type TestApi } from './api-fixture.ts';

const store = openClickHouseStore({ url: 'http://127.0.0.1:9', user: 'u', password: 'p' });
let api: TestApi;
let headers: Record<string, string>;
let lenient: Record<string, string>;

beforeAll(async () => {
  api = await openTestApi(store);
  headers = await api.keyOf('acme', ['query']);
  lenient = await api.keyOf('lenient', ['query']);
  await updateOrgSettings(api.control, 'lenient', { settings: { redactRulesOff: ['email'] } });
});
afterAll(async () => {
  await api.close();
  await store.close();
});

const tryIt = (payload: object, as = headers) =>
  api.app.inject({ method: 'POST', url: '/api/redaction/try', headers: as, payload });
const made = async (payload: object, as = headers) => {
  const response = await tryIt(payload, as);
  expect(response.statusCode, response.body).toBe(200);
  return redactionTrySchema.parse(response.json());
};

test('rules, and which are on for the org', async () => {
  const rules = async (as: Record<string, string>) =>
    redactionSchema.parse((await api.app.inject({ url: '/api/redaction', headers: as })).json()).rules;
  expect((await rules(headers)).every(({ is_on }) => is_on)).toBe(true);
  expect((await rules(lenient)).filter(({ is_on }) => !is_on)).toMatchObject([{ id: 'email', off_by: 'org' }]);
});

test('a text, before and after', async () => {
  const text = 'ann@example.com and bob@example.com: password=hunter2squirrel';
  expect(await made({ text })).toEqual({
    after: '[REDACTED:email] and [REDACTED:email]: password=[REDACTED:password]',
    hits: [
      { rule: 'password', count: 1 },
      { rule: 'email', count: 2 },
    ],
  });
  expect(await made({ text: 'nothing here' })).toEqual({ after: 'nothing here', hits: [] });
  expect((await made({ text }, lenient)).hits).toEqual([{ rule: 'password', count: 1 }]);
});

test('an event, as it would be stored', async () => {
  const event = {
    message: 'hi',
    severity: 'warn',
    metadata: { api_key: 'abcdefgh', user: { mail: 'a@example.com' }, n: 5 },
  };
  expect(await made({ event })).toEqual({
    after: {
      ...{ message: 'hi', severity: 'warn', severity_number: 13 },
      metadata: { api_key: '[REDACTED:attribute]', 'user.mail': '[REDACTED:email]', n: 5 },
    },
    hits: [
      { rule: 'email', count: 1 },
      { rule: 'attribute', count: 1 },
    ],
  });
});

test.each([[{}], [{ text: 5 }], [{ text: 'a', event: {} }], [{ event: 'x' }], [{ event: { timestamp: {} } }]])(
  'refuses %j',
  async (payload) => {
    const response = await tryIt(payload);
    expect(response.statusCode).toBe(400);
    expect(response.json().error.code).toBe('invalid_body');
  },
);
