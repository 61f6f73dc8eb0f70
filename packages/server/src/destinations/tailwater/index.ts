import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { z } from 'zod';
import type { Egress, EgressResponse } from '../../runtime/egress/egress.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { DeliveryBatch, DeliveryResult, Destination, DestinationType, Settings } from '../destination.ts';
import { failureOf, isSuccess, readJson, type Strip, tellText } from '../util/answers.ts';
import { compressed, joinEvents } from '../util/body.ts';
import { encodeWithin } from '../util/cut.ts';
import { firstSet, givenSecrets } from '../util/environment.ts';
import { connectionFields, type HttpCall, httpCaller, httpUrl, urlUnder } from '../util/http.ts';
import { secretOf, secretStripper } from '../util/secrets.ts';
import { adviseClientCertificate, CLIENT_KEY, clientCertificateField, clientTls } from '../util/tcp.ts';
import { type AdviceOf, runMarkedEvent, runStep } from '../util/test-steps.ts';
import { eventText } from './event-text.ts';

/** Below the default `limits` there, 20 MiB a body and 1 MiB an event: what it adds to an event counts as well. */
const BODY_BYTES_MAX = 8_000_000;
const EVENT_BYTES_MAX = 1_000_000;
const EVENTS_MAX = 10_000;

const config = z.strictObject({
  url: httpUrl.meta({
    description: 'Address of the other server, such as https://logs.example.com; /api/logs is added.',
  }),
  org: z
    .string()
    .regex(/^[\w.-]{1,100}$/)
    .optional()
    .meta({ description: 'Org there that gets the events, for a key that may write to several.' }),
  compression: z.enum(['zstd', 'gzip']).default('zstd').meta({ description: 'Compression of requests.' }),
  stored: z.boolean().default(false).meta({
    description: 'Wait for each batch until it can be found there (`ack=stored`), not only until it is safe.',
  }),
  ...clientCertificateField,
  ...connectionFields,
});
type Config = z.output<typeof config>;

/** Another Tailwater. */
export const tailwater: DestinationType<Config> = {
  id: 'tailwater',
  title: 'Tailwater',
  config,
  secrets: [
    {
      name: 'api_key',
      title: 'API key',
      description: 'A key of the other server with the scope `ingest`. None where it is in open mode.',
      required: false,
    },
    CLIENT_KEY,
  ],
  limits: () => ({
    eventsMax: EVENTS_MAX,
    bytesMax: BODY_BYTES_MAX,
    eventBytesMax: EVENT_BYTES_MAX,
    overheadBytes: 1,
    ageMsMax: 500,
    concurrency: 2,
  }),
  fromEnvironment: (environment) => {
    const url = firstSet(environment, 'TAILWATER_FORWARD_URL');
    if (url === undefined) return null;
    const key = firstSet(environment, 'TAILWATER_FORWARD_KEY');
    return {
      config: config.parse({ url: url.replace(/\/api\/logs\/?$/, '') }),
      secrets: givenSecrets({ api_key: key }),
    };
  },
  encode: (event) => encodeWithin(event, EVENT_BYTES_MAX, eventText),
  open: (settings, { egress }) => openTailwater(settings, egress),
};

const zstd = promisify(zstdCompress);

function openTailwater({ config: settings, secrets }: Settings<Config>, egress: Egress): Destination {
  const strip = secretStripper(secrets);
  const call = httpCaller(egress, settings, strip, clientTls(settings, secrets));
  const headersOf = (): Record<string, string> => ({
    ...(secrets.api_key !== undefined && { authorization: `Bearer ${secretOf(secrets, 'api_key')}` }),
    ...(settings.org !== undefined && { 'x-scope-orgid': settings.org }),
  });
  const deliver = async ({ events }: DeliveryBatch, signal: AbortSignal): Promise<DeliveryResult> => {
    const joined = joinEvents(events, { between: '\n', after: '\n' });
    const { body, headers } =
      settings.compression === 'zstd'
        ? { body: await zstd(joined), headers: { 'content-encoding': 'zstd' } }
        : await compressed(joined);
    const url = urlUnder(settings.url, '/api/logs') + (settings.stored ? '?ack=stored' : '');
    const all = { ...headersOf(), ...headers, 'content-type': 'application/x-ndjson' };
    const response = await call({ method: 'POST', url, headers: all, body, signal });
    return readAnswer(response, events.length, body.length, strip);
  };
  return {
    deliver,
    test: async (marked, report, signal) => {
      const run = { report, signal, advise };
      const isValid = await runStep('credentials', run, () => askLevels(call, settings, headersOf(), strip, signal));
      if (isValid) await runMarkedEvent(marked, run, deliver);
    },
    close: async () => {},
  };
}

const answer = z.object({
  accepted: z.int().nonnegative(),
  rejected: z.array(z.object({ index: z.int().nonnegative(), field: z.string(), error: z.string() })),
  rejected_total: z.int().optional(),
});

/** The events that were not accepted are named, up to a hundred of them. 400 has the same form: none was accepted. */
function readAnswer(response: EgressResponse, count: number, bytesSent: number, strip: Strip): DeliveryResult {
  const told = readJson(response.body, answer);
  if (!isSuccess(response) && (response.status !== 400 || told === null)) throw failureOf(response, strip);
  if (told === null) {
    throw new RetryableError('destination_unavailable', 'What answers there is no Tailwater: look at the address.', 0);
  }
  const rejected = told.rejected.map(({ index, field, error }) => ({
    index,
    reason: tellText(field === '' ? error : `${field}: ${error}`, strip),
  }));
  const total = told.rejected_total ?? rejected.length;
  if (total > rejected.length) {
    const message = `The destination rejected ${total} of ${count} events, the first because: ${rejected[0]?.reason}`;
    throw new PermanentError('destination_rejected', message);
  }
  return { rejected, again: [], bytesSent, status: String(response.status) };
}

/** Levels of loggers are nobody's secret and cost nothing. A key that may only ingest is refused with 403, a wrong one with 401. */
async function askLevels(
  call: HttpCall,
  { url }: Config,
  headers: Record<string, string>,
  strip: Strip,
  signal: AbortSignal,
): Promise<string> {
  const response = await call({ method: 'GET', url: urlUnder(url, '/api/log-levels'), headers, signal });
  if (isSuccess(response)) return `The other server knows the key (${response.status}).`;
  if (response.status === 403)
    return 'The key may not query, which it need not; the event tells whether it may ingest.';
  throw failureOf(response, strip);
}

const advise: AdviceOf = (error) => {
  const ofCertificate = adviseClientCertificate(error);
  if (ofCertificate !== undefined || error.code !== 'destination_unauthorized') return ofCertificate;
  return {
    field: 'api_key',
    advice: 'Set a key of the other server that has the scope `ingest` (`tailwater keys create` there).',
  };
};
