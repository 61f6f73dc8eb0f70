import type { Event } from '@tailwater/schema';
import { z } from 'zod';
import type { Egress } from '../../runtime/egress/egress.ts';
import type {
  DeliveryBatch,
  DeliveryResult,
  Destination,
  DestinationType,
  EncodedEvent,
  Settings,
} from '../destination.ts';
import { failureOf, isSuccess } from '../util/answers.ts';
import { compressed, joinEvents } from '../util/body.ts';
import { cutText, encodeWithin } from '../util/cut.ts';
import { firstSet, givenOnly, givenSecrets } from '../util/environment.ts';
import { connectionFields, httpCaller, httpUrl, urlUnder } from '../util/http.ts';
import { payloadMappingSchema, payloadText } from '../util/payload.ts';
import { secretOf, secretStripper } from '../util/secrets.ts';
import { type AdviceOf, runMarkedEvent, runStep } from '../util/test-steps.ts';

/** Limits: https://docs.newrelic.com/docs/logs/log-api/introduction-log-api/#limits (as sent, so after compression). */
const BODY_BYTES_MAX = 1_000_000;
/** Before compression. Events become a fifth or less; a body that does not is halved. */
const RAW_BYTES_MAX = 3_000_000;
const EVENT_BYTES_MAX = 900_000;
const EVENTS_MAX = 5000;
const ATTRIBUTES_MAX = 255;
/** Our own fields, labels and additions share the 255. */
const OWN_FIELDS = 40;
const COMMON_MAX = 15;
const NAME_UNITS_MAX = 255;
/** Longer values are stored up to 128 KiB, out of the search: https://docs.newrelic.com/docs/logs/ui-data/long-logs-blobs/ */
const VALUE_BYTES_MAX = 128 * 1024;

const ORIGINS = {
  us: 'https://log-api.newrelic.com',
  eu: 'https://log-api.eu.newrelic.com',
  gov: 'https://gov-log-api.newrelic.com',
} as const;

const config = z.strictObject({
  region: z
    .enum(['us', 'eu', 'gov'])
    .default('us')
    .meta({ description: 'Region of the account; keys of the EU begin with `eu01`. `gov` is FedRAMP.' }),
  url: httpUrl.optional().meta({ description: "Another receiver of New Relic's Log API, in place of the region." }),
  attributes: z
    .record(z.string().min(1).max(255), z.union([z.string(), z.number(), z.boolean()]))
    .refine((attributes) => Object.keys(attributes).length <= COMMON_MAX, `at most ${COMMON_MAX}`)
    .default({})
    .meta({ description: 'Attributes of all events, sent once a request.' }),
  payload: payloadMappingSchema('new-relic'),
  ...connectionFields,
});
type Config = z.output<typeof config>;

/** New Relic Logs, by its Log API. */
export const newRelic: DestinationType<Config> = {
  id: 'new-relic',
  title: 'New Relic Logs',
  config,
  secrets: [
    {
      name: 'license_key',
      title: 'License key',
      description: 'An ingest license key (API keys → type INGEST - LICENSE). No user key (NRAK-…).',
      required: true,
    },
  ],
  limits: () => ({
    eventsMax: EVENTS_MAX,
    bytesMax: RAW_BYTES_MAX,
    eventBytesMax: EVENT_BYTES_MAX,
    overheadBytes: 1,
    ageMsMax: 2000,
    concurrency: 4,
  }),
  fromEnvironment: (environment) => {
    const licenseKey = firstSet(environment, 'NEW_RELIC_LICENSE_KEY', 'NEW_RELIC_API_KEY');
    if (licenseKey === undefined) return null;
    // The agents tell the region by the key: https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/
    const named = firstSet(environment, 'NEW_RELIC_REGION')?.toLowerCase();
    const members = {
      region: named ?? (licenseKey.startsWith('eu') ? 'eu' : undefined),
      url: firstSet(environment, 'NEW_RELIC_LOGS_URL'),
    };
    return { config: config.parse(givenOnly(members)), secrets: givenSecrets({ license_key: licenseKey }) };
  },
  encode: (event, { payload }) =>
    encodeWithin(withinLimits(event), EVENT_BYTES_MAX, (fitting) => payloadText(fitting, payload)),
  open: (settings, { egress }) => openNewRelic(settings, egress),
};

/** New Relic would drop an event of too many attributes as a whole. */
function withinLimits(event: Event): Event {
  const entries = Object.entries(event.attributes);
  const isShort = entries.every(
    ([name, { text }]) => name.length <= NAME_UNITS_MAX && text.length * 3 <= VALUE_BYTES_MAX,
  );
  if (isShort && entries.length <= ATTRIBUTES_MAX - OWN_FIELDS && event.message.length * 3 <= VALUE_BYTES_MAX) {
    return event;
  }
  const attributes = entries.slice(0, ATTRIBUTES_MAX - OWN_FIELDS).map(([name, attribute]) => {
    const text = cutText(attribute.text, VALUE_BYTES_MAX);
    const kept = text === attribute.text ? attribute : { kind: 'string' as const, text };
    return [name.slice(0, NAME_UNITS_MAX), kept] as const;
  });
  return { ...event, message: cutText(event.message, VALUE_BYTES_MAX), attributes: Object.fromEntries(attributes) };
}

function openNewRelic({ config: settings, secrets }: Settings<Config>, egress: Egress): Destination {
  const strip = secretStripper(secrets);
  const call = httpCaller(egress, settings, strip);
  const url = urlUnder(settings.url ?? ORIGINS[settings.region], '/log/v1');
  const post = async (body: Buffer, headers: Record<string, string>, signal: AbortSignal) => {
    const own = { 'content-type': 'application/json', 'api-key': secretOf(secrets, 'license_key') };
    const response = await call({ method: 'POST', url, headers: { ...headers, ...own }, body, signal });
    if (!isSuccess(response)) throw failureOf(response, strip);
    return response.status;
  };
  const before = `[{"common":{"attributes":${JSON.stringify(settings.attributes)}},"logs":[`;

  /** Half by half until each fits: only gzip knows how large a body gets. */
  const send = async (events: readonly EncodedEvent[], first: number, signal: AbortSignal): Promise<DeliveryResult> => {
    const { body, headers } = await compressed(joinEvents(events, { before, between: ',', after: ']}]' }));
    if (body.length <= BODY_BYTES_MAX) {
      return { rejected: [], again: [], bytesSent: body.length, status: String(await post(body, headers, signal)) };
    }
    if (events.length === 1) {
      const reason = `larger than ${BODY_BYTES_MAX} bytes, compressed`;
      return { rejected: [{ index: first, reason }], again: [], bytesSent: 0, status: '' };
    }
    const middle = Math.ceil(events.length / 2);
    const left = await send(events.slice(0, middle), first, signal);
    const right = await send(events.slice(middle), first + middle, signal);
    return {
      rejected: [...left.rejected, ...right.rejected],
      again: [],
      bytesSent: left.bytesSent + right.bytesSent,
      status: right.status || left.status,
    };
  };
  const deliver = (batch: DeliveryBatch, signal: AbortSignal) => send(batch.events, 0, signal);
  return {
    deliver,
    test: async (marked, report, signal) => {
      const run = { report, signal, advise };
      const isValid = await runStep('credentials', run, async () => {
        const status = await post(Buffer.from('[]'), {}, signal);
        return `New Relic took an empty request (${status}).`;
      });
      if (isValid) await runMarkedEvent(marked, run, deliver);
    },
    close: async () => {},
  };
}

const advise: AdviceOf = ({ code }) =>
  code === 'destination_unauthorized'
    ? {
        field: 'license_key',
        advice: 'Use an ingest license key, and check `region`: keys of EU accounts begin with `eu01`.',
      }
    : undefined;
