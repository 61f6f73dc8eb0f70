import type { Event } from '@tailwater/schema';
import { z } from 'zod';
import type { Egress, EgressResponse } from '../../runtime/egress/egress.ts';
import type { DeliveryBatch, DeliveryResult, Destination, DestinationType, Settings } from '../destination.ts';
import { requestWithToken } from '../util/access-token.ts';
import { AZURE_AUTHORITY, authority, azureRefusal, clientId, createAzureToken, tenantId } from '../util/azure.ts';
import { compressed, joinEvents } from '../util/body.ts';
import { encodeWithin } from '../util/cut.ts';
import { firstSet, givenOnly } from '../util/environment.ts';
import { connectionFields, httpCaller, httpUrl, urlUnder } from '../util/http.ts';
import { quote, timeText } from '../util/json-text.ts';
import { payloadMappingSchema, payloadText } from '../util/payload.ts';
import { adviceOfRefusal, cloudStripper, errorOfRefusal, type Refusal, type Strip } from '../util/refusal.ts';
import { runMarkedEvent, runStep } from '../util/test-steps.ts';

/** https://learn.microsoft.com/en-us/azure/azure-monitor/fundamentals/service-limits#logs-ingestion-api: 1 MB a call, before compression too. */
const CALL_BYTES_MAX = 1_000_000;
/** Longer values of a column are cut there without a mark, and JSON is none any more: so no event is longer than a column. */
const EVENT_BYTES_MAX = 64 * 1024;
const API_VERSION = '2023-01-01';

const config = z.strictObject({
  endpoint: httpUrl.meta({
    description:
      'Logs ingestion URI of the data collection endpoint or rule: https://NAME.REGION.ingest.monitor.azure.com.',
  }),
  rule_id: z
    .string()
    .regex(/^dcr-[0-9a-f]{32}$/, 'an immutable ID: dcr- and 32 hex digits')
    .meta({ description: 'Immutable ID of the data collection rule.' }),
  stream: z
    .string()
    .regex(/^(Custom|Microsoft)-\w{1,100}$/, 'Custom-NAME or Microsoft-NAME')
    .meta({ description: 'Stream that the rule declares, such as Custom-Tailwater_CL.' }),
  tenant_id: tenantId,
  client_id: clientId,
  authority: authority.default(AZURE_AUTHORITY),
  audience: z
    .url({ protocol: /^https$/ })
    .default('https://monitor.azure.com')
    .meta({ description: 'What tokens are for; other clouds have their own, such as https://monitor.azure.us.' }),
  payload: payloadMappingSchema('platform'),
  ...connectionFields,
});
type Config = z.output<typeof config>;

/** Azure Monitor by the Logs Ingestion API. */
export const azureMonitor: DestinationType<Config> = {
  id: 'azure-monitor',
  title: 'Azure Monitor Logs',
  config,
  secrets: [
    {
      name: 'client_secret',
      title: 'Client secret',
      description: 'Value of a client secret of the application.',
      required: true,
    },
  ],
  limits: () => ({
    eventsMax: 10_000,
    // Brackets around, a comma after each.
    bytesMax: CALL_BYTES_MAX - 2,
    eventBytesMax: EVENT_BYTES_MAX,
    overheadBytes: 1,
    ageMsMax: 2000,
    // Tables have no order. A rule takes 12,000 calls a minute.
    concurrency: 4,
  }),
  fromEnvironment: (environment) => {
    const members = {
      endpoint: firstSet(environment, 'AZURE_MONITOR_ENDPOINT', 'AZURE_MONITOR_DCE'),
      rule_id: firstSet(environment, 'AZURE_MONITOR_DCR_ID', 'AZURE_MONITOR_RULE_ID'),
      stream: firstSet(environment, 'AZURE_MONITOR_STREAM', 'AZURE_MONITOR_STREAM_NAME'),
      tenant_id: firstSet(environment, 'AZURE_TENANT_ID'),
      client_id: firstSet(environment, 'AZURE_CLIENT_ID'),
      authority: firstSet(environment, 'AZURE_AUTHORITY_HOST'),
    };
    const secret = firstSet(environment, 'AZURE_CLIENT_SECRET');
    const { endpoint, rule_id, stream, tenant_id, client_id } = members;
    if ([endpoint, rule_id, stream, tenant_id, client_id, secret].includes(undefined)) return null;
    return { config: config.parse(givenOnly(members)), secrets: { client_secret: secret ?? '' } };
  },
  encode: (event, settings) => encodeWithin(event, EVENT_BYTES_MAX, (fitting) => rowText(fitting, settings)),
  open: (settings, { egress }) => openAzureMonitor(settings, egress),
};

function rowText(event: Event, { payload }: Config): string {
  return payloadText(event, payload, { TimeGenerated: quote(timeText(event.timestampNs)) });
}

function openAzureMonitor({ config: settings, secrets }: Settings<Config>, egress: Egress): Destination {
  const strip = cloudStripper(secrets);
  const call = httpCaller(egress, settings, strip);
  const token = createAzureToken(settings, secrets.client_secret, `${settings.audience}/.default`, call, strip);
  const path = `/dataCollectionRules/${settings.rule_id}/streams/${settings.stream}`;
  const url = `${urlUnder(settings.endpoint, path)}?api-version=${API_VERSION}`;
  const deliver = async (batch: DeliveryBatch, signal: AbortSignal): Promise<DeliveryResult> => {
    const { body, headers } = await compressed(joinEvents(batch.events, { before: '[', between: ',', after: ']' }));
    const response = await requestWithToken(call, token, {
      method: 'POST',
      url,
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      signal,
    });
    const refusal = refusalOf(response, settings, strip);
    if (refusal !== null) throw errorOfRefusal(refusal);
    return { rejected: [], again: [], bytesSent: body.length, status: String(response.status) };
  };
  return {
    deliver,
    async test(marked, report, signal) {
      const run = { report, signal, advise: adviceOfRefusal };
      const isKnown = await runStep('credentials', run, async () => {
        await token.get(signal);
        return 'Microsoft Entra ID gave an access token.';
      });
      if (isKnown) await runMarkedEvent(marked, run, deliver);
    },
    close: async () => {},
  };
}

function refusalOf(response: EgressResponse, settings: Config, strip: Strip): Refusal | null {
  const refusal = azureRefusal(response, 'Azure Monitor', strip);
  if (refusal === null) return null;
  switch (response.status) {
    case 401:
      return { ...refusal, field: 'audience', advice: 'The token is for another cloud: check audience and authority.' };
    case 403: {
      const advice =
        'Give the application the role Monitoring Metrics Publisher on the data collection rule. It takes up to 30 minutes.';
      return { ...refusal, field: 'client_id', advice };
    }
    case 404: {
      const isStream = /stream/i.test(refusal.detail);
      const advice = isStream
        ? `The rule declares no stream ${settings.stream}.`
        : 'The endpoint knows no such rule: use its immutable ID, and an endpoint of the same region.';
      return { ...refusal, field: isStream ? 'stream' : 'rule_id', advice };
    }
    case 400: {
      const isStream = /stream/i.test(refusal.detail);
      const advice = isStream
        ? `The rule declares no stream ${settings.stream}.`
        : 'The columns have other types than the stream declares: compare them with the payload mapping.';
      return { ...refusal, field: isStream ? 'stream' : 'payload', advice };
    }
    default:
      return refusal;
  }
}
