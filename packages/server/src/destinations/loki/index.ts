import type { Egress } from '../../runtime/egress/egress.ts';
import { PermanentError } from '../../runtime/errors.ts';
import type { DeliveryBatch, DeliveryResult, Destination, DestinationType, Settings } from '../destination.ts';
import { failureOf, isSuccess, type Strip, tellText } from '../util/answers.ts';
import { encodeWithin } from '../util/cut.ts';
import { firstSet, givenOnly, givenSecrets } from '../util/environment.ts';
import { type HttpCall, httpCaller, urlUnder } from '../util/http.ts';
import { secretOf, secretStripper } from '../util/secrets.ts';
import { type AdviceOf, runMarkedEvent, runStep } from '../util/test-steps.ts';
import { type LokiConfig, lokiConfig } from './config.ts';
import { encodeEvent } from './encode.ts';
import { pushBody } from './push.ts';
import { readRefused } from './refused.ts';

/** Loki takes 100 MB, proxies in front of it less, and its rate limit counts bytes: 1 MB is what its own clients send. */
const BODY_BYTES_MAX = 1_000_000;
const EVENTS_MAX = 5000;
/** A line of 256 KiB that JSON escapes, 64 KiB of metadata, labels. */
const EVENT_BYTES_MAX = 900_000;
/** `{"stream":,"values":[]},`: each event may be a stream of its own. */
const STREAM_OVERHEAD_BYTES = 26;
/** Pushes of one batch, each without what the last was refused for. */
const ROUNDS_MAX = 5;
const PUSH_PATH = '/loki/api/v1/push';

/** Grafana Loki, and what speaks its push API. */
export const loki: DestinationType<LokiConfig> = {
  id: 'loki',
  title: 'Grafana Loki',
  config: lokiConfig,
  secrets: [
    {
      name: 'password',
      title: 'Password',
      description: 'Of Basic authentication with `username`; at Grafana Cloud an access policy token.',
      required: false,
    },
    { name: 'token', title: 'Bearer token', description: 'In place of user and password.', required: false },
  ],
  limits: () => ({
    eventsMax: EVENTS_MAX,
    bytesMax: BODY_BYTES_MAX - '{"streams":[]}'.length,
    eventBytesMax: EVENT_BYTES_MAX,
    overheadBytes: STREAM_OVERHEAD_BYTES,
    ageMsMax: 1000,
    // Loki refuses what is an hour behind the newest entry of its stream.
    concurrency: 1,
  }),
  fromEnvironment: (environment) => {
    const url = firstSet(environment, 'LOKI_URL', 'LOKI_ADDR');
    if (url === undefined) return null;
    const members = {
      url: url.replace(/\/loki\/api\/v1\/push\/?$/, ''),
      tenant: firstSet(environment, 'LOKI_TENANT_ID', 'LOKI_ORG_ID'),
      username: firstSet(environment, 'LOKI_USERNAME'),
    };
    const password = firstSet(environment, 'LOKI_PASSWORD');
    const token = firstSet(environment, 'LOKI_BEARER_TOKEN');
    return { config: lokiConfig.parse(givenOnly(members)), secrets: givenSecrets({ password, token }) };
  },
  encode: (event, config) => encodeWithin(event, EVENT_BYTES_MAX, (fitting) => encodeEvent(fitting, config)),
  open: (settings, { egress }) => openLoki(settings, egress),
};

function openLoki({ config, secrets }: Settings<LokiConfig>, egress: Egress): Destination {
  const strip = secretStripper(secrets);
  const call = httpCaller(egress, config, strip);
  const deliver = (batch: DeliveryBatch, signal: AbortSignal) => push(batch, { call, config, secrets, strip, signal });
  return {
    deliver,
    test: async (marked, report, signal) => {
      const run = { report, signal, advise };
      const isThere = await runStep('ready', run, () => askReady(call, config, secrets, signal, strip));
      if (isThere) await runMarkedEvent(marked, run, deliver);
    },
    close: async () => {},
  };
}

interface Pushing {
  call: HttpCall;
  config: LokiConfig;
  secrets: Settings<LokiConfig>['secrets'];
  strip: Strip;
  signal: AbortSignal;
}

async function push(batch: DeliveryBatch, { call, config, secrets, strip, signal }: Pushing): Promise<DeliveryResult> {
  const rejected: { index: number; reason: string }[] = [];
  let left = batch.events.map((event, index) => ({ event, index }));
  let bytesSent = 0;
  for (let round = 1; ; round++) {
    const events = left.map(({ event }) => event);
    const { body, headers } = await pushBody(events, config.format);
    const response = await call({
      method: 'POST',
      url: urlUnder(config.url, PUSH_PATH),
      headers: { ...headers, ...authHeaders(config, secrets) },
      body,
      signal,
    });
    bytesSent += body.length;
    const status = String(response.status);
    if (isSuccess(response)) return { rejected, again: [], bytesSent, status };
    if (response.status !== 400) throw failureOf(response, strip);
    const refused = readRefused(response.body.toString(), events);
    if (refused.length === 0 || round === ROUNDS_MAX) throw failureOf(response, strip);
    const answer = tellText(response.body.toString(), strip);
    rejected.push(
      ...refused.map(({ index, reason }) => ({ index: left[index]!.index, reason: `${reason}: ${answer}` })),
    );
    const gone = new Set(refused.map(({ index }) => index));
    left = left.filter((_, i) => !gone.has(i));
    if (left.length === 0) return { rejected, again: [], bytesSent, status };
  }
}

function authHeaders({ tenant, username }: LokiConfig, secrets: Settings<unknown>['secrets']): Record<string, string> {
  const headers: Record<string, string> = tenant === undefined ? {} : { 'x-scope-orgid': tenant };
  if (secrets.token !== undefined) headers.authorization = `Bearer ${secretOf(secrets, 'token')}`;
  else if (username !== undefined || secrets.password !== undefined) {
    const pair = `${username ?? ''}:${secretOf(secrets, 'password')}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  return headers;
}

/** Grafana Cloud has no /ready. A token may be allowed to write and not to read, so a refusal there says nothing. */
async function askReady(
  call: HttpCall,
  config: LokiConfig,
  secrets: Settings<unknown>['secrets'],
  signal: AbortSignal,
  strip: Strip,
): Promise<string> {
  const ask = (path: string) =>
    call({ method: 'GET', url: urlUnder(config.url, path), headers: authHeaders(config, secrets), signal });
  const ready = await ask('/ready');
  if (isSuccess(ready)) return `Loki says that it is ready (${ready.status}).`;
  if (ready.status === 503) throw failureOf(ready, strip);
  const labels = await ask('/loki/api/v1/labels');
  if (isSuccess(labels)) return `There is no /ready, but a Loki that told its labels (${labels.status}).`;
  if (labels.status === 401 || labels.status === 403) {
    return `These credentials may not read (${labels.status}); the event tells whether they may write.`;
  }
  throw failureOf(labels, strip);
}

const advise: AdviceOf = (error) => {
  if (error.code !== 'destination_unauthorized') return undefined;
  const field = (error instanceof PermanentError ? error.field : undefined) ?? 'password';
  return {
    field,
    advice:
      'Check user, password or token, and the tenant. At Grafana Cloud the user is the number of the Loki instance, and the token needs the scope logs:write.',
  };
};
