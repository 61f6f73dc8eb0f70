import type { Event } from '@tailwater/schema';
import { z } from 'zod';
import type { Egress } from '../../runtime/egress/egress.ts';
import { PermanentError } from '../../runtime/errors.ts';
import type { DeliveryBatch, DeliveryResult, Destination, DestinationType, Settings } from '../destination.ts';
import { failureOf, isSuccess } from '../util/answers.ts';
import { compressed, joinEvents } from '../util/body.ts';
import { encodeWithin } from '../util/cut.ts';
import { firstSet, givenOnly, givenSecrets, listOf } from '../util/environment.ts';
import { connectionFields, type HttpCall, httpCaller, httpUrl, urlUnder } from '../util/http.ts';
import { quote } from '../util/json-text.ts';
import { payloadMappingSchema, payloadText } from '../util/payload.ts';
import { secretOf, secretStripper } from '../util/secrets.ts';
import { type AdviceOf, runMarkedEvent, runStep } from '../util/test-steps.ts';

/** Limits of the intake: https://docs.datadoghq.com/api/latest/logs/send-logs/ (5 MB raw, 1,000 logs, 1 MB each). */
const BODY_BYTES_MAX = 5_000_000;
const EVENTS_MAX = 1000;
const EVENT_BYTES_MAX = 1_000_000;

const config = z.strictObject({
  site: z
    .string()
    .regex(/^[a-z0-9.-]+$/, 'a host name such as datadoghq.eu')
    .default('datadoghq.com')
    .meta({ description: 'Datadog site of the account, such as datadoghq.com, us3.datadoghq.com or datadoghq.eu.' }),
  url: httpUrl.optional().meta({
    description:
      'Address of an Observability Pipelines worker or another receiver of Datadog logs, in place of the site.',
  }),
  source: z.string().max(200).default('tailwater').meta({
    description: '`ddsource`, which chooses the pipeline at Datadog. Events with an attribute `ddsource` keep it.',
  }),
  service: z.string().max(200).optional().meta({ description: 'Service of events that name none.' }),
  tags: z
    .array(z.string().min(1).max(200))
    .max(100)
    .default([])
    .meta({ description: '`ddtags` of every event, such as `env:prod`. Labels of an event are added.' }),
  payload: payloadMappingSchema('datadog'),
  ...connectionFields,
});
type Config = z.output<typeof config>;

/** Datadog Logs, intake v2. */
export const datadog: DestinationType<Config> = {
  id: 'datadog',
  title: 'Datadog Logs',
  config,
  secrets: [
    {
      name: 'api_key',
      title: 'API key',
      description: 'An API key of the Datadog organization (Organization Settings → API Keys). No application key.',
      required: true,
    },
  ],
  limits: () => ({
    eventsMax: EVENTS_MAX,
    // Brackets around, a comma after each.
    bytesMax: BODY_BYTES_MAX - 2,
    eventBytesMax: EVENT_BYTES_MAX,
    overheadBytes: 1,
    ageMsMax: 2000,
    concurrency: 4,
  }),
  fromEnvironment: (environment) => {
    const apiKey = firstSet(environment, 'DD_API_KEY', 'DATADOG_API_KEY');
    if (apiKey === undefined) return null;
    const env = firstSet(environment, 'DD_ENV');
    const tags = [...(listOf(firstSet(environment, 'DD_TAGS')) ?? []), ...(env === undefined ? [] : [`env:${env}`])];
    const members = {
      site: firstSet(environment, 'DD_SITE', 'DATADOG_SITE'),
      url: firstSet(environment, 'DD_LOGS_URL'),
      service: firstSet(environment, 'DD_SERVICE'),
      source: firstSet(environment, 'DD_SOURCE'),
      tags: tags.length === 0 ? undefined : tags,
    };
    return { config: config.parse(givenOnly(members)), secrets: givenSecrets({ api_key: apiKey }) };
  },
  encode: (event, settings) => encodeWithin(event, EVENT_BYTES_MAX, (fitting) => itemText(fitting, settings)),
  open: (settings, { egress }) => openDatadog(settings, egress),
};

function itemText(event: Event, { payload, source, service, tags }: Config): string {
  const own = event.attributes.ddsource?.text;
  const allTags = [...tags, ...Object.entries(event.labels).map(([name, value]) => `${name}:${value}`)];
  const protocol: Record<string, string> = { ddsource: quote(own ?? source) };
  // A comma would end a tag.
  if (allTags.length > 0) protocol.ddtags = quote(allTags.map((tag) => tag.replaceAll(',', '_')).join(','));
  if (event.service === '' && service !== undefined) protocol.service = quote(service);
  return payloadText(event, payload, protocol);
}

function openDatadog({ config: settings, secrets }: Settings<Config>, egress: Egress): Destination {
  const strip = secretStripper(secrets);
  const call = httpCaller(egress, settings, strip);
  const deliver = async (batch: DeliveryBatch, signal: AbortSignal): Promise<DeliveryResult> => {
    const intake = settings.url ?? `https://http-intake.logs.${settings.site}`;
    const { body, headers } = await compressed(joinEvents(batch.events, { before: '[', between: ',', after: ']' }));
    const response = await call({
      method: 'POST',
      url: urlUnder(intake, '/api/v2/logs'),
      headers: { ...headers, 'content-type': 'application/json', 'dd-api-key': secretOf(secrets, 'api_key') },
      body,
      signal,
    });
    if (!isSuccess(response)) throw failureOf(response, strip);
    return { rejected: [], again: [], bytesSent: body.length, status: String(response.status) };
  };
  return {
    deliver,
    test: async (marked, report, signal) => {
      const run = { report, signal, advise };
      const isValid = await runStep('credentials', run, () => validateKey(call, settings, secrets, strip, signal));
      if (isValid) await runMarkedEvent(marked, run, deliver);
    },
    close: async () => {},
  };
}

/** https://docs.datadoghq.com/api/latest/authentication/#validate-api-key */
async function validateKey(
  call: HttpCall,
  { site, url }: Config,
  secrets: Settings<Config>['secrets'],
  strip: (text: string) => string,
  signal: AbortSignal,
): Promise<string> {
  const response = await call({
    method: 'GET',
    url: urlUnder(url ?? `https://api.${site}`, '/api/v1/validate'),
    headers: { 'dd-api-key': secretOf(secrets, 'api_key') },
    signal,
  });
  if (isSuccess(response)) return `Datadog says that the key is valid (${response.status}).`;
  if (response.status === 404 && url !== undefined) return 'The address has no check of keys; the event will tell.';
  throw failureOf(response, strip);
}

const advise: AdviceOf = (error) => {
  if (error.code !== 'destination_unauthorized') return undefined;
  const field = error instanceof PermanentError ? error.field : undefined;
  return {
    field: field ?? 'api_key',
    advice:
      'Keys belong to one site: check that `site` is the one in the address of your Datadog, and that it is an API key.',
  };
};
