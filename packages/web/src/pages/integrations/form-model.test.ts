import { describe, expect, test } from 'vitest';
import {
  bodyOf,
  configFields,
  fieldNamed,
  initialValues,
  type JsonSchema,
  labelOf,
  problemsOf,
  secretFields,
} from './form-model.ts';

const SCHEMA: JsonSchema = {
  type: 'object',
  required: ['url', 'brokers'],
  properties: {
    url: { type: 'string', description: 'Address.' },
    brokers: { type: 'array', items: { type: 'string' } },
    labels: { type: 'array', items: { type: 'string', enum: ['host', 'severity'] }, default: ['host'] },
    size_bytes_max: { type: 'integer', default: 1000 },
    compress: { type: 'boolean', default: true },
    storage_class: { type: 'string', enum: ['A', 'B'] },
    ca: { type: 'string', maxLength: 65_536 },
    payload: {
      type: 'object',
      default: {},
      properties: {
        preset: { type: 'string', enum: ['platform', 'ecs'], default: 'platform' },
        add: { type: 'object', default: {}, additionalProperties: { type: ['string', 'number', 'boolean'] } },
      },
    },
    setup: { type: 'object', properties: { replicas: { type: 'integer', default: 1 } } },
  },
};
const SECRETS = [{ name: 'token', title: 'Token', description: '', required: true, multiline: false }];
const config = configFields(SCHEMA);
const fields = [...config, ...secretFields(SECRETS, () => false)];

const byId = (id: string) => fields.find((one) => one.id === id)!;

describe('fields', () => {
  test('have the kind that their schema asks for', () => {
    expect(config.map(({ id, kind }) => [id, kind])).toEqual([
      ['config.url', 'text'],
      ['config.brokers', 'list'],
      ['config.labels', 'choices'],
      ['config.size_bytes_max', 'number'],
      ['config.compress', 'switch'],
      ['config.storage_class', 'choice'],
      ['config.ca', 'code'],
      ['config.payload.preset', 'choice'],
      ['config.payload.add', 'pairs'],
      ['config.setup', 'group'],
      ['config.setup.replicas', 'number'],
    ]);
  });

  test('what is required or usual stands in front, the rest is folded', () => {
    const front = config.filter(({ isAdvanced }) => !isAdvanced).map(({ id }) => id);
    expect(front).toEqual(['config.url', 'config.brokers', 'config.labels']);
  });

  test('a choice without a default can be left open', () => {
    expect(byId('config.storage_class').options.map(({ id }) => id)).toEqual(['', 'A', 'B']);
    expect(byId('config.payload.preset').options.map(({ id }) => id)).toEqual(['platform', 'ecs']);
  });

  test.each([
    ['url', 'URL'],
    ['object_bytes_max', 'Object bytes, at most'],
    ['client_id', 'Client ID'],
    ['object_age_s_max', 'Object age seconds, at most'],
  ])('%s is called %s', (name, label) => expect(labelOf(name)).toBe(label));
});

describe('body', () => {
  test('of an untouched form has the defaults and nothing of what is empty', () => {
    expect(bodyOf(fields, initialValues(fields, null))).toEqual({
      config: {
        brokers: [],
        labels: ['host'],
        size_bytes_max: 1000,
        compress: true,
        payload: { preset: 'platform', add: {} },
      },
    });
  });

  test('says what was typed, in the types of the schema', () => {
    const values = {
      ...initialValues(fields, null),
      'config.url': 'https://example.com',
      'config.brokers': ['a:1', ' b:2 ', ''],
      'config.size_bytes_max': '2000',
      'config.setup': true,
      'config.payload.add': [
        { name: 'env', value: 'prod' },
        { name: 'tier', value: '3' },
        { name: 'version', value: '"3"' },
        { name: '', value: 'nothing' },
      ],
      'secrets.token': 'abc',
    };
    expect(bodyOf(fields, values)).toMatchObject({
      config: {
        url: 'https://example.com',
        brokers: ['a:1', 'b:2'],
        size_bytes_max: 2000,
        setup: { replicas: 1 },
        payload: { add: { env: 'prod', tier: 3, version: '3' } },
      },
      secrets: { token: 'abc' },
    });
  });

  test('of saved settings says them again, and keeps secrets by saying nothing of them', () => {
    const saved = {
      config: { url: 'u', brokers: ['x:1'], payload: { add: { n: 5, t: '5' } } },
      secrets: { token: { set: true } },
    };
    const body = bodyOf(fields, initialValues(fields, saved));
    expect(body.config).toMatchObject({ url: 'u', brokers: ['x:1'], payload: { add: { n: 5, t: '5' } } });
    expect(body.config).not.toHaveProperty('setup');
    expect(body).not.toHaveProperty('secrets');
  });

  test('a secret that is to go is null', () => {
    const values = { ...initialValues(fields, null), 'secrets.token': null };
    expect(bodyOf(fields, values).secrets).toEqual({ token: null });
  });

  test('numbers with a factor and empty ones that mean null', () => {
    const share = { ...byId('config.size_bytes_max'), id: 'filter.sample_rate', factor: 0.01 };
    const limit = { ...share, id: 'delivery.limit', factor: 1, whenEmpty: 'null' as const };
    const shown = initialValues([share, limit], { filter: { sample_rate: 0.57 }, delivery: { limit: null } });
    expect(shown).toEqual({ 'filter.sample_rate': '57', 'delivery.limit': '' });
    expect(bodyOf([share, limit], shown)).toEqual({ filter: { sample_rate: 0.57 }, delivery: { limit: null } });
  });
});

describe('problems', () => {
  test('what is needed and missing, and numbers that are none', () => {
    const values = { ...initialValues(fields, null), 'config.size_bytes_max': 'many' };
    expect(Object.keys(problemsOf(fields, values))).toEqual([
      'config.url',
      'config.brokers',
      'config.size_bytes_max',
      'secrets.token',
    ]);
  });

  test('a secret that the server has is not needed again, but to remove it is wrong', () => {
    const set = secretFields(SECRETS, () => true);
    expect(problemsOf(set, { 'secrets.token': '' })).toEqual({});
    expect(problemsOf(set, { 'secrets.token': null })).toEqual({ 'secrets.token': 'Token is needed' });
  });

  test('nothing is asked of a group that is off', () => {
    const needed = { ...byId('config.setup.replicas'), isRequired: true };
    expect(problemsOf([needed], { 'config.setup': false, 'config.setup.replicas': '' })).toEqual({});
  });
});

test.each([
  ['config.url', 'config.url'],
  ['config.brokers.0', 'config.brokers'],
  ['config.payload.add.x', 'config.payload.add'],
  ['config.setup.other', 'config.setup'],
  ['url', 'config.url'],
  ['token', 'secrets.token'],
  ['config', null],
  ['elsewhere', null],
])('the server’s %s is the field %s', (named, id) => expect(fieldNamed(fields, named)).toBe(id));
