import { RULE_IDS } from '@tailwater/schema/redaction';
import { z } from 'zod';
import { DEFAULT_LIMITS } from '../batch/limits.ts';
import { receiversConfig } from '../receivers/config.ts';
import { parseAllowRule } from '../runtime/egress/policy.ts';
import { keyRules } from './key-rules.ts';
import {
  byteSize,
  duration,
  httpUrl,
  integer,
  listOf,
  mapOf,
  port,
  readSwitch,
  strongSecret,
  text,
  word,
} from './values.ts';

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const GIB = 2 ** 30;
const SECOND_MS = 1000;

/** A word that may be a log type, as the `logType` column takes it. */
const LOG_TYPE = /^[A-Za-z0-9][\w.-]{0,63}$/;

const REDACTION_RULE = new RegExp(`^(${RULE_IDS.join('|')})$`);

const http = z.strictObject({
  host: text('an IP address or a name')
    .default('127.0.0.1')
    .describe('Address to listen on, for both ports. Anything but a loopback address turns open mode off.'),
  port: port().default(4750).describe('The one port that carries everything.'),
  headersTimeoutMs: duration(SECOND_MS, 600 * SECOND_MS)
    .default(10 * SECOND_MS)
    .describe(
      'Time a client has to send the headers of a request. Ends connections that trickle bytes to hold a socket.',
    ),
  requestTimeoutMs: duration(SECOND_MS, 3600 * SECOND_MS)
    .default(120 * SECOND_MS)
    .describe(
      'Time a client has to send a whole request. 20 MiB in 120 s is 1.4 Mbit/s; slower senders need smaller batches.',
    ),
});

/** The keys and defaults of IngestLimits, and what only the server's front needs. */
const limits = z.strictObject({
  bodyBytesMax: byteSize(KIB, GIB)
    .default(DEFAULT_LIMITS.bodyBytesMax)
    .describe(
      'Largest request body as received. 20 MiB is the OpenTelemetry Collector’s own limit and the largest batch of Logstash.',
    ),
  bodyExpandedBytesMax: byteSize(KIB, 2 * GIB)
    .default(DEFAULT_LIMITS.bodyExpandedBytesMax)
    .describe(
      'Largest request body once decompressed, so that a small body cannot fill the memory. 100 MiB is what Elasticsearch takes.',
    ),
  eventBytesMax: byteSize(KIB, 64 * MIB)
    .default(DEFAULT_LIMITS.eventBytesMax)
    .describe(
      'Largest single event. 1 MiB is the most that Datadog and CloudWatch take, so that every event can be forwarded.',
    ),
  batchEventsMax: integer(1, 1_000_000)
    .default(DEFAULT_LIMITS.batchEventsMax)
    .describe('Most events in one request. A request is one journal frame, written and acknowledged whole.'),
  eventAttributesMax: integer(1, 10_000)
    .default(DEFAULT_LIMITS.eventAttributesMax)
    .describe('Most attributes of one event. More is a map keyed by data, which would flood the attribute index.'),
  attributeNameBytesMax: integer(1, 64 * KIB)
    .default(DEFAULT_LIMITS.attributeNameBytesMax)
    .describe('Longest name of an attribute or label in bytes. Longer ones are data in the place of a name.'),
  labelsMax: integer(1, 10_000)
    .default(DEFAULT_LIMITS.labelsMax)
    .describe('Most labels of one stream. Loki takes 15; OpenTelemetry resources bring up to about 60.'),
  browserKeyBytesPerSecond: byteSize(KIB, GIB)
    .default(MIB)
    .describe(
      'Bytes a second that one browser key may send, ten times as much at once. Such keys are public: beyond it pages are answered 429.',
    ),
  inflightBytesMax: byteSize(MIB, 64 * GIB)
    .default(256 * MIB)
    .describe('Most bytes of request bodies held in memory at a time. Beyond it requests get 503 with Retry-After.'),
});

const QUANTITY_MAX = 2 ** 50;

/** Of orgs that have no such number in `ingest_quota`, as the API has it. */
const ingestQuota = z.strictObject({
  defaultBytesPerSecond: byteSize(1, QUANTITY_MAX)
    .optional()
    .describe(
      'Bytes a second that an org may send, as received, for orgs that have no number of their own. Five seconds of it may come at once. Without it as many as come.',
    ),
  defaultEventsPerSecond: integer(1, QUANTITY_MAX).optional().describe('The same, in events a second.'),
  defaultBytesPerDay: byteSize(1, QUANTITY_MAX)
    .optional()
    .describe(
      'Bytes a day (UTC) that an org may send, for orgs that have no number of their own. Without it as many as come.',
    ),
  defaultEventsPerDay: integer(1, QUANTITY_MAX).optional().describe('The same, in events a day.'),
});

const journal = z.strictObject({
  segmentBytes: byteSize(64 * KIB, 4 * GIB)
    .optional()
    .describe(
      'Size at which a journal segment is closed; space is given back a whole segment at a time. Without it 1/32 of the file system, from 1 to 64 MiB.',
    ),
  reserveBytes: byteSize(0, 64 * GIB)
    .optional()
    .describe(
      'Free space at which appends stop, so that the store, cursors and the control database can still write. Without it a tenth of the file system, at most 256 MiB.',
    ),
});

const clickhouse = z.strictObject({
  url: httpUrl()
    .optional()
    .describe(
      'HTTP address of a ClickHouse server, used in place of the embedded one. May hold user and password. The tables are made in its database `tailwater`.',
    )
    .register(keyRules, { environmentAliases: ['CLICKHOUSE_URL'] }),
  user: text('a user name')
    .optional()
    .describe('User of that server. Wins over the user in the URL.')
    .register(keyRules, { environmentAliases: ['CLICKHOUSE_USER'] }),
  password: text('text', /^/, { secret: true })
    .optional()
    .describe('Password of that server. Wins over the password in the URL.')
    .register(keyRules, { environmentAliases: ['CLICKHOUSE_PASSWORD'], flag: false }),
});

const store = z.strictObject({
  clickhouse,
  engineMemoryBytesMax: byteSize(128 * MIB, 1024 * GIB)
    .default(512 * MIB)
    .describe('Memory the embedded ClickHouse may take. A query that needs more fails; ingest goes on.'),
  insertRowsMax: integer(1, 1_000_000)
    .default(100_000)
    .describe('Most events in one insert. Larger inserts mean fewer merges and more memory.'),
  insertIntervalMs: duration(10, 60 * SECOND_MS)
    .default(SECOND_MS)
    .describe('Longest wait for an insert to fill. It is the time until an event is searchable while little comes in.'),
});

/** Where users may have events sent; the addresses that an operator sets are not meant. */
const egress = z.strictObject({
  mode: word(['public', 'allowlist', 'any'])
    .default('public')
    .describe(
      'Where integrations may connect to. `public`: the public internet, and what `egress.allow` lists; `allowlist`: only what it lists; `any`: private networks and this machine too. Metadata services of clouds have to be listed by their very address in each.',
    ),
  allow: listOf('CIDR ranges, addresses, hosts or host:port', (raw) =>
    typeof raw === 'string' && parseAllowRule(raw) !== null ? raw : undefined,
  )
    .default([])
    .describe(
      'Private places that integrations may connect to, such as `10.0.0.0/8,vault.internal:8200`. A name is allowed wherever it leads, but to a metadata service; http:// and ports below 1024 are allowed there too.',
    ),
  plainHttp: word(['on', 'off'])
    .default('off')
    .describe('Whether integrations may send over http:// to hosts that `egress.allow` does not list.'),
});

const PATH_IN_VAULT = /^[\w.-]+(\/[\w.-]+)*$/;

const vault = z.strictObject({
  url: httpUrl()
    .optional()
    .describe(
      'Address of HashiCorp Vault or OpenBao. Secrets of integrations are kept there, with a sealed copy for the time that it is away.',
    ),
  mount: text('a path', PATH_IN_VAULT).default('secret').describe('Where its KV engine of version 2 is mounted.'),
  prefix: text('a path', PATH_IN_VAULT)
    .default('log-integrations')
    .describe('Secrets of an integration are at this path and its id.'),
  namespace: text('a namespace')
    .optional()
    .describe('Namespace, where Vault has them.')
    .register(keyRules, { environmentAliases: ['VAULT_NAMESPACE'] }),
  caFile: text('a path')
    .optional()
    .describe('Certificates (PEM) that those of Vault are checked against, in place of the system’s.')
    .register(keyRules, { environmentAliases: ['VAULT_CACERT'] }),
  token: text('a token', /\S/, { secret: true })
    .optional()
    .describe('Token to use. It is renewed for as long as Vault renews it; where it ends, use a role.')
    .register(keyRules, { environmentAliases: ['VAULT_TOKEN'], flag: false }),
  roleId: text('an id').optional().describe('AppRole to log in with, in place of a token.'),
  secretId: text('an id', /\S/, { secret: true })
    .optional()
    .describe('Secret id of that AppRole.')
    .register(keyRules, { flag: false }),
  kubernetesRole: text('a name')
    .optional()
    .describe('Role to log in with by the Kubernetes service account, in place of a token.'),
  kubernetesTokenFile: text('a path')
    .default('/var/run/secrets/kubernetes.io/serviceaccount/token')
    .describe('Where the token of that service account is.'),
  authMount: text('a path', PATH_IN_VAULT)
    .optional()
    .describe('Where the auth method is mounted. Default: `approle` or `kubernetes`.'),
  refreshIntervalMs: duration(SECOND_MS, 24 * 3600 * SECOND_MS)
    .default(300 * SECOND_MS)
    .describe('How often secrets are read again, so that what was rotated in Vault is used.'),
});

/** What seals the credentials of integrations. */
const secrets = z.strictObject({
  keys: text('`id:base64` of 32 bytes each, separated by commas', /^\S+$/, { secret: true })
    .optional()
    .describe(
      'Keys that seal credentials of integrations: `k2:BASE64,k1:BASE64`. The first seals, all open. Without it a key is made and kept in `secrets.keysFile`. `openssl rand -base64 32` makes one.',
    )
    .register(keyRules, { flag: false }),
  keysFile: text('a path')
    .optional()
    .describe(
      'File with such keys, one a line. Default: `secret-keys` in the data directory, readable by its owner only, made at the first credential. Back it up apart from the database: without it the credentials are lost.',
    ),
  vault,
});

/**
 * Everything `tailwater serve` can be told. The one definition behind flags, environment, file, checks and
 * docs/reference/configuration.md.
 */
export const configSchema = z.strictObject({
  config: text('a path')
    .optional()
    .describe('YAML file to read the other keys from.')
    .register(keyRules, { file: false }),
  dataDir: text('a path')
    .default('./tailwater-data')
    .describe(
      'Directory of all that is kept: journal, store, control database. Made at start. One server a directory.',
    ),
  node: integer(0, 65_535)
    .default(0)
    .describe(
      'Number of this server among those that share a store. Part of every event id: no two may have the same.',
    ),
  bootstrapApiKey: strongSecret()
    .optional()
    .describe(
      'Admin key of org `default`, made at start when the control database has no such key. Without it a key is made and printed once, at the first start.',
    )
    .register(keyRules, { flag: false }),
  openMode: word(['auto', 'off'])
    .default('auto')
    .describe(
      '`auto`: requests without an API key act as org `default` while the server listens on a loopback address only. It is never open on any other address.',
    ),
  http,
  receivers: receiversConfig,
  limits,
  journal,
  store,
  query: z.strictObject({
    timeoutMs: duration(100, 3600 * SECOND_MS)
      .default(30 * SECOND_MS)
      .describe('Longest time a query may run.'),
  }),
  retention: z.strictObject({
    defaultDays: integer(1, 3650)
      .default(30)
      .describe('Days that events are kept, for orgs that set no number of their own.'),
  }),
  ingestQuota,
  egress,
  enrich: z.strictObject({
    logTypes: mapOf('a log type for each prefix of logger names', /^\S{1,256}$/, (raw) =>
      typeof raw === 'string' && LOG_TYPE.test(raw) ? raw : undefined,
    )
      .default({})
      .describe(
        'Log types by prefix of the logger name, such as `myapp.auth: auth`. Used for events that name none; the longest prefix wins.',
      ),
  }),
  redact: z.strictObject({
    rules: mapOf(`\`on\` or \`off\` by redaction rule: ${RULE_IDS.join(', ')}`, REDACTION_RULE, readSwitch)
      .default({})
      .describe('Redaction rules switched off (or on) for every org. All are on by default.'),
  }),
  secrets,
  logDestination: listOf('ids of destinations', (raw) =>
    typeof raw === 'string' && /^[a-z0-9-]{1,64}$/.test(raw) ? raw : undefined,
  )
    .default([])
    .describe(
      'Destinations that events of org `default` are forwarded to as the usual variables of their vendors say (`DD_API_KEY`, `AWS_REGION` …), such as `datadog,cloudwatch`. The READMEs of the destinations name the variables.',
    )
    .register(keyRules, { environmentAliases: ['LOG_DESTINATION'] }),
  deadLetters: z.strictObject({
    orgBytesMax: byteSize(0, 64 * GIB)
      .default(64 * MIB)
      .describe('Bytes of dead letters that are kept for each org, compressed. Beyond it the oldest are removed.'),
    letterBytesMax: byteSize(0, 256 * MIB)
      .default(MIB)
      .describe(
        'Largest body that a dead letter keeps, expanded; looking for secrets in it takes up to 0.15 s a MiB. Of a larger one only the reason is kept, and it cannot be replayed.',
      ),
    retentionDays: integer(1, 3650)
      .default(30)
      .describe(
        'Days that dead letters of requests are kept, looked at every hour. Events that the event store refused stay until they are replayed or removed.',
      ),
  }),
  log: z.strictObject({
    level: word(['debug', 'info', 'warn', 'error'])
      .default('info')
      .describe('Least severe of the server’s own messages on stderr.'),
    format: word(['json', 'text']).default('text').describe('Form of the server’s own messages.'),
    ownEvents: word(['on', 'off'])
      .default('on')
      .describe(
        'Whether the server’s own messages, but those of level debug, are events of the org `default` too, of the service `tailwater`.',
      ),
  }),
});

export type Config = z.output<typeof configSchema>;
