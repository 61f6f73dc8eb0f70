import { z } from 'zod';
import type { Egress, EgressResponse } from '../../runtime/egress/egress.ts';
import { RetryableError } from '../../runtime/errors.ts';
import type { DeliveryBatch, DeliveryResult, Destination, DestinationType, Settings } from '../destination.ts';
import { answerTold, failureOf, isSuccess, readJson } from '../util/answers.ts';
import { joinEvents } from '../util/body.ts';
import { encodeWithin } from '../util/cut.ts';
import { firstSet, givenOnly, givenSecrets, listOf } from '../util/environment.ts';
import { connectionFields, httpCaller, httpUrl, urlUnder } from '../util/http.ts';
import { payloadMappingSchema, payloadText } from '../util/payload.ts';
import { secretOf, secretStripper } from '../util/secrets.ts';
import { type AdviceOf, runMarkedEvent } from '../util/test-steps.ts';

/** Limits: https://documentation.solarwinds.com/en/success_center/loggly/content/admin/http-bulk-endpoint.htm */
const BODY_BYTES_MAX = 5_000_000;
const EVENT_BYTES_MAX = 1_000_000;
const EVENTS_MAX = 5000;

const config = z.strictObject({
  tags: z
    .array(z.string().regex(/^[A-Za-z0-9*][A-Za-z0-9*_.-]{0,63}$/, 'letters, digits, `-`, `_`, `.`, at most 64'))
    .max(50)
    .default(['tailwater'])
    .meta({ description: 'Tags of all events; source groups and searches choose by them.' }),
  url: httpUrl.default('https://logs-01.loggly.com').meta({ description: "Address of Loggly's HTTP inputs." }),
  payload: payloadMappingSchema('platform'),
  ...connectionFields,
});
type Config = z.output<typeof config>;

/** SolarWinds Loggly, by its bulk endpoint. */
export const loggly: DestinationType<Config> = {
  id: 'loggly',
  title: 'Loggly',
  config,
  secrets: [
    {
      name: 'token',
      title: 'Customer token',
      description: 'Of Source Setup → Customer Tokens. It stands in the address of requests, and is told nowhere.',
      required: true,
    },
  ],
  limits: () => ({
    eventsMax: EVENTS_MAX,
    bytesMax: BODY_BYTES_MAX,
    eventBytesMax: EVENT_BYTES_MAX,
    overheadBytes: 1,
    ageMsMax: 2000,
    concurrency: 4,
  }),
  fromEnvironment: (environment) => {
    const token = firstSet(environment, 'LOGGLY_TOKEN', 'LOGGLY_CUSTOMER_TOKEN');
    if (token === undefined) return null;
    const members = {
      tags: listOf(firstSet(environment, 'LOGGLY_TAGS', 'LOGGLY_TAG')),
      url: firstSet(environment, 'LOGGLY_URL'),
    };
    return { config: config.parse(givenOnly(members)), secrets: givenSecrets({ token }) };
  },
  encode: (event, { payload }) => encodeWithin(event, EVENT_BYTES_MAX, (fitting) => payloadText(fitting, payload)),
  open: (settings, { egress }) => openLoggly(settings, egress),
};

const answerSchema = z.object({ response: z.literal('ok') });

function openLoggly({ config: settings, secrets }: Settings<Config>, egress: Egress): Destination {
  const strip = secretStripper(secrets);
  const call = httpCaller(egress, settings, strip);
  const deliver = async ({ events }: DeliveryBatch, signal: AbortSignal): Promise<DeliveryResult> => {
    const tags = settings.tags.map(encodeURIComponent).join(',');
    const path = `/bulk/${encodeURIComponent(secretOf(secrets, 'token'))}/${tags === '' ? '' : `tag/${tags}/`}`;
    // No compression: Loggly documents none for this endpoint.
    const body = joinEvents(events, { between: '\n' });
    const url = urlUnder(settings.url, path);
    const response = await call({ method: 'POST', url, headers: { 'content-type': 'text/plain' }, body, signal });
    throwUnlessTaken(response, strip);
    return { rejected: [], again: [], bytesSent: body.length, status: String(response.status) };
  };
  return {
    deliver,
    // Loggly has no check of tokens: the marked event is the check.
    test: async (marked, report, signal) => {
      await runMarkedEvent(marked, { report, signal, advise }, deliver);
    },
    close: async () => {},
  };
}

function throwUnlessTaken(response: EgressResponse, strip: (text: string) => string): void {
  if (!isSuccess(response)) throw failureOf(response, strip);
  if (readJson(response.body, answerSchema) !== null) return;
  const told = `The destination answered ${response.status}, but not as Loggly does${answerTold(response, strip)}`;
  throw new RetryableError('destination_unavailable', told, 0);
}

const advise: AdviceOf = ({ code }) =>
  code === 'destination_unauthorized'
    ? { field: 'token', advice: 'Copy the customer token of Source Setup → Customer Tokens; it may have been retired.' }
    : undefined;
