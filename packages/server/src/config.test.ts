import { describe, expect, test } from 'vitest';
import { isLoopbackHost } from './config/loopback.ts';
import { CONFIG_KEYS, type Config, ConfigError, isOpenMode, loadConfig } from './config.ts';

interface Given {
  flags?: Record<string, string>;
  environment?: Record<string, string>;
  yaml?: string;
}

function load({ flags = {}, environment = {}, yaml }: Given): Config {
  const files: Record<string, string> = yaml === undefined ? {} : { 'tw.yaml': yaml };
  return loadConfig({
    flags: yaml === undefined ? flags : { config: 'tw.yaml', ...flags },
    environment,
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw new Error(`no file ${path}`);
      return text;
    },
  });
}

/** The refusal's problems as `from | path | message`. */
function problemsOf(given: Given): string[] {
  try {
    load(given);
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map(({ from, path, message }) => `${from} | ${path} | ${message}`);
    throw error;
  }
  return [];
}

describe('where a value comes from', () => {
  const yaml = 'http:\n  port: 3';
  test.each<[string, Given, number]>([
    ['default', {}, 4750],
    ['file over default', { yaml }, 3],
    ['environment over file', { yaml, environment: { TAILWATER_HTTP_PORT: '2' } }, 2],
    ['flag over environment', { yaml, environment: { TAILWATER_HTTP_PORT: '2' }, flags: { 'http-port': '1' } }, 1],
    ['an empty variable counts as not set', { yaml, environment: { TAILWATER_HTTP_PORT: '' } }, 3],
  ])('%s', (_name, given, expected) => expect(load(given).http.port).toBe(expected));

  test('the file may be named by the environment', () => {
    const readFile = (path: string) => (path === 'a.yaml' ? 'node: 7' : '');
    expect(loadConfig({ flags: {}, environment: { TAILWATER_CONFIG: 'a.yaml' }, readFile }).node).toBe(7);
  });

  test('every key with a flag, a variable and a place in the file gives the same value through each', () => {
    const samples = new Map([
      ['http.host', '::1'],
      ['openMode', 'off'],
      ['log.level', 'warn'],
      ['log.format', 'json'],
      ['store.clickhouse.url', 'http://ch:8123/'],
      ['secrets.vault.url', 'https://vault:8200'],
      ['logDestination', 'datadog,cloudwatch'],
      ['journal.segmentBytes', '1MiB'],
      ['journal.reserveBytes', '2MiB'],
      ['ingestQuota.defaultBytesPerSecond', '5MiB'],
      ['ingestQuota.defaultEventsPerSecond', '5000'],
      ['ingestQuota.defaultBytesPerDay', '5GiB'],
      ['ingestQuota.defaultEventsPerDay', '100000000'],
      ['egress.allow', '10.0.0.0/8,vault.internal:8200,[::1]:9200'],
      ['enrich.logTypes', 'a.b=auth'],
      ['redact.rules', 'email=off'],
      ['receivers.file-tail.paths', '/var/log/a.log,/var/log/b/*.log'],
      ['receivers.file-tail.exclude', '/var/log/b/c.log'],
    ]);
    for (const key of CONFIG_KEYS) {
      if (!key.flag || !key.inFile) continue;
      const sample = samples.get(key.path) ?? key.defaultText ?? 'x';
      const [group, ...rest] = key.path.split('.').reverse();
      const yaml = rest.reduce((inner, name) => `{${name}: ${inner}}`, `{${group}: ${JSON.stringify(sample)}}`);
      const byFlag = load({ flags: { [key.flag.slice(2)]: sample } });
      expect(load({ environment: { [key.environment[0]!]: sample } }), key.path).toEqual(byFlag);
      expect({ ...load({ yaml }), config: undefined }, key.path).toEqual({ ...byFlag, config: undefined });
    }
  });
});

describe('what is read', () => {
  test.each<[string, number]>([
    ['20MiB', 20 * 2 ** 20],
    ['20MB', 20_000_000],
    ['64k', 65_536],
    ['1.5 MiB', 1_572_864],
    ['2048', 2048],
  ])('size %s', (text, bytes) =>
    expect(load({ flags: { 'limits-body-bytes-max': text } }).limits.bodyBytesMax).toBe(bytes),
  );

  test.each<[string, number]>([
    ['500ms', 500],
    ['1s', 1000],
    ['0.5m', 30_000],
    ['250', 250],
  ])('duration %s', (text, ms) =>
    expect(load({ flags: { 'store-insert-interval-ms': text } }).store.insertIntervalMs).toBe(ms),
  );

  test.each<[string, number | 'auto' | 'off']>([
    ['receivers: {otlp: {http: off}}', 'off'],
    ['receivers: {otlp: {http: false}}', 'off'],
    ['receivers: {otlp: {http: 0}}', 0],
    ['receivers: {otlp: {http: auto}}', 'auto'],
    ['receivers:', 'auto'],
    ['', 'auto'],
    ['# only a comment', 'auto'],
  ])('file %j', (yaml, port) => expect(load({ yaml }).receivers.otlp.http).toBe(port));

  test('anchors and aliases', () => {
    expect(load({ yaml: 'http: {port: &p 9}\nreceivers: {otlp: {http: *p}}' }).receivers.otlp.http).toBe(9);
  });

  test('maps: YAML, flag, environment', () => {
    const expected = { 'myapp.auth': 'auth', __main__: 'app' };
    expect(load({ yaml: 'enrich:\n  logTypes:\n    myapp.auth: auth\n    __main__: app' }).enrich.logTypes).toEqual(
      expected,
    );
    expect(load({ flags: { 'enrich-log-types': 'myapp.auth=auth, __main__=app' } }).enrich.logTypes).toEqual(expected);
    expect(load({ environment: { TAILWATER_REDACT_RULES: 'email=off,jwt=on' } }).redact.rules).toEqual({
      email: false,
      jwt: true,
    });
  });

  test('a map cannot set a prototype', () => {
    const { logTypes } = load({ flags: { 'enrich-log-types': '__proto__=auth' } }).enrich;
    expect(Object.keys(logTypes)).toEqual(['__proto__']);
  });
});

describe('destinations of the environment', () => {
  const environment = {
    LOG_DESTINATION: 'datadog, cloudwatch',
    DD_API_KEY: 'k',
    TAILWATER_BOOTSTRAP_API_KEY: 'abcdefgh12345678',
  };
  test('the variables of vendors are passed on, ours are not', () => {
    const { logDestination, vendorEnvironment } = load({ environment });
    expect(logDestination).toEqual(['datadog', 'cloudwatch']);
    expect(vendorEnvironment).toEqual({ LOG_DESTINATION: 'datadog, cloudwatch', DD_API_KEY: 'k' });
  });

  test('those of another Tailwater are no unknown ones of ours', () => {
    const forward = { TAILWATER_FORWARD_URL: 'https://tailwater.example', TAILWATER_FORWARD_KEY: 'k' };
    const { vendorEnvironment } = load({ environment: { LOG_DESTINATION: 'tailwater', ...forward } });
    expect(vendorEnvironment).toEqual({ LOG_DESTINATION: 'tailwater', ...forward });
  });

  test('without LOG_DESTINATION nothing is passed on', () => {
    expect(load({ environment: { DD_API_KEY: 'k' } }).vendorEnvironment).toEqual({});
  });

  test('keys that seal secrets are in no message', () => {
    const told = problemsOf({ environment: { TAILWATER_SECRETS_KEYS: 'k1:very secret' } });
    expect(told).toEqual([expect.stringContaining('got a value that is not shown here')]);
  });
});

describe('ClickHouse user and password', () => {
  const connection = (environment: Record<string, string>) => load({ environment }).store.clickhouse;
  test('are taken out of the URL and decoded', () => {
    expect(connection({ CLICKHOUSE_URL: 'https://al%40ice:p%3Aw@ch:8443/x' })).toEqual({
      url: 'https://ch:8443/x',
      user: 'al@ice',
      password: 'p:w',
    });
  });
  test('of their own variables win over the URL', () => {
    const given = { CLICKHOUSE_URL: 'http://u:p@ch:8123', CLICKHOUSE_USER: 'v', CLICKHOUSE_PASSWORD: 'q' };
    expect(connection(given)).toMatchObject({ url: 'http://ch:8123/', user: 'v', password: 'q' });
  });
  test('the TAILWATER_ name wins over the one of others', () => {
    const given = { CLICKHOUSE_URL: 'http://a:1', TAILWATER_STORE_CLICKHOUSE_URL: 'http://b:2' };
    expect(connection(given).url).toBe('http://b:2/');
  });
});

describe('what is refused, with its place', () => {
  test.each<[string, Given, string[]]>([
    [
      'flag',
      { flags: { 'http-port': '70000' } },
      ['--http-port | http.port | expected a port from 0 to 65535 (0 takes any free one); got "70000"'],
    ],
    [
      'variable',
      { environment: { TAILWATER_NODE: '-1' } },
      ['TAILWATER_NODE | node | expected a whole number from 0 to 65535; got "-1"'],
    ],
    [
      'file',
      { yaml: 'log:\n  level: loud' },
      ['tw.yaml:2:10 | log.level | expected `debug` or `info` or `warn` or `error`; got "loud"'],
    ],
    [
      'file, no value',
      { yaml: 'http:\n  port:' },
      ['tw.yaml:2:8 | http.port | expected a port from 0 to 65535 (0 takes any free one); got null'],
    ],
    [
      'size too small',
      { yaml: 'limits: {eventBytesMax: 1}' },
      ['tw.yaml:1:25 | limits.eventBytesMax | expected a size from 1KiB to 64MiB, such as 20MiB; got 1'],
    ],
    [
      'unit',
      { flags: { 'store-insert-interval-ms': '1 year' } },
      [
        '--store-insert-interval-ms | store.insertIntervalMs | expected a duration from 10ms to 1m, such as 500ms or 1s; got "1 year"',
      ],
    ],
    [
      'unknown flag',
      { flags: { 'http-prot': '1' } },
      ['--http-prot | --http-prot | unknown flag. Did you mean `--http-port`?'],
    ],
    [
      'unknown variable',
      { environment: { TAILWATER_DATADIR: 'x' } },
      ['TAILWATER_DATADIR | TAILWATER_DATADIR | unknown variable. Did you mean `TAILWATER_DATA_DIR`?'],
    ],
    [
      'unknown key',
      { yaml: 'node: 1\nhttp:\n  prot: 1' },
      ['tw.yaml:3:3 | http.prot | unknown key. Did you mean `http.port`?'],
    ],
    ['unknown key, nothing near', { yaml: 'zzzzzzzz: 1' }, ['tw.yaml:1:1 | zzzzzzzz | unknown key']],
    ['group as a value', { yaml: 'http: 4750' }, ['tw.yaml:1:1 | http | expected a group of keys below it']],
    ['list at the top', { yaml: '- a' }, ['tw.yaml:1:1 | YAML | expected a map of keys']],
    ['key twice', { yaml: 'node: 1\nnode: 2' }, ['tw.yaml:2:1 | YAML | Map keys must be unique']],
    ['config inside the file', { yaml: 'config: other.yaml' }, ['tw.yaml:1:1 | config | unknown key']],
    [
      'no such file',
      { flags: { config: 'nowhere.yaml' } },
      ['--config | config | the file cannot be read: no file nowhere.yaml'],
    ],
    [
      'no flag for secrets',
      { flags: { 'bootstrap-api-key': 'x' } },
      ['--bootstrap-api-key | --bootstrap-api-key | unknown flag'],
    ],
  ])('%s', (_name, given, expected) => expect(problemsOf(given)).toEqual(expected));

  test.each(['email=maybe', 'e-mail=off', 'email'])('redaction rules: %s', (rules) => {
    const [problem] = problemsOf({ flags: { 'redact-rules': rules } });
    expect(problem).toMatch(
      /^--redact-rules \| redact\.rules \| expected `on` or `off` by redaction rule: .*email.*; got /,
    );
  });

  test('all problems of all sources at once', () => {
    const given = {
      flags: { 'http-port': 'x' },
      environment: { TAILWATER_NODE: 'x' },
      yaml: 'log: {level: x}\nfoo: 1',
    };
    expect(problemsOf(given)).toHaveLength(4);
  });

  test.each(['short', 'aaaaaaaaaaaaaaaaaaaaaaaa', 'sixteen chars with blanks', 'x'.repeat(15)])(
    'weak bootstrap key %j',
    (key) => {
      const [problem] = problemsOf({ environment: { TAILWATER_BOOTSTRAP_API_KEY: key } });
      expect(problem).toMatch(
        /^TAILWATER_BOOTSTRAP_API_KEY \| bootstrapApiKey \| expected 16 to 256 .*; got a value that is not shown here$/,
      );
    },
  );

  test.each(['ftp://u:secret@x', 'http://u:%ff@x', 'u:secret@x'])(
    'ClickHouse URL %s, its password not printed',
    (url) => {
      expect(problemsOf({ environment: { CLICKHOUSE_URL: url } }).join()).toMatch(/^(?!.*secret).*not shown here$/);
    },
  );

  test('the message names every problem on a line', () => {
    expect(() => load({ flags: { node: 'x', 'http-port': 'y' } })).toThrow(
      /2 problems\n {2}--node: node: .*\n {2}--http-port: http\.port: /,
    );
  });
});

test.each<[string, string]>([
  ['TAILWATER_SERVICE_HOST', '10.0.0.1'],
  ['TAILWATER_SERVICE_PORT_HTTP', '4750'],
  ['TAILWATER_PORT', 'tcp://10.0.0.1:4750'],
  ['TAILWATER_PORT_4750_TCP_ADDR', '10.0.0.1'],
  ['TAILWATER_HTTP_PORT', 'tcp://10.0.0.1:4750'],
  ['TAILWATER_URL', 'http://x'],
  ['TAILWATER_API_KEY', 'k'],
  ['TAILWATER_PROFILE', 'p'],
])('not ours, and let be: %s=%s', (name, value) =>
  expect(load({ environment: { [name]: value } }).http.port).toBe(4750),
);

test('what Kubernetes sets in every pod is where its API server is', () => {
  const environment = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '6443' };
  const read = load({ environment }).receivers['file-tail'];
  expect(read).toMatchObject({ kubernetesHost: '10.96.0.1', kubernetesPort: 6443 });
});

test.each<[string, boolean]>([
  ['127.0.0.1', true],
  ['127.255.0.9', true],
  ['localhost', true],
  ['LOCALHOST', true],
  ['::1', true],
  ['[::1]', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.0.0.1.evil.example', false],
  ['127.0.0.256', false],
  ['127.1', false],
  ['localhost.evil.example', false],
  ['10.0.0.1', false],
])('loopback %s: %s', (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected);
  expect(isOpenMode(load({ flags: { 'http-host': host } }))).toBe(expected);
  expect(isOpenMode(load({ flags: { 'http-host': host, 'open-mode': 'off' } }))).toBe(false);
});
