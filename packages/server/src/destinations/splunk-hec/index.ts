import type { Event } from '@tailwater/schema';
import { z } from 'zod';
import type { DestinationType } from '../destination.ts';
import { encodeWithin } from '../util/cut.ts';
import { firstSet, givenOnly, givenSecrets } from '../util/environment.ts';
import { connectionFields, httpUrl } from '../util/http.ts';
import { quote, secondsText } from '../util/json-text.ts';
import { payloadMappingSchema, payloadText } from '../util/payload.ts';
import { openSplunk } from './deliver.ts';

/**
 * HEC takes up to 800 MB of old, but load balancers and Splunk Cloud cut at 1 MB:
 * https://docs.splunk.com/Documentation/SplunkCloud/latest/Data/UsetheHTTPEventCollector
 */
const BODY_BYTES_MAX = 1_000_000;
/** No count is documented; one invalid event has the others sent again, so batches stay small. */
const EVENTS_MAX = 1000;

const name = (description: string) => z.string().min(1).max(200).optional().meta({ description });

const config = z.strictObject({
  url: httpUrl.meta({
    description:
      'Address of the HTTP Event Collector: https://HOST:8088, or https://http-inputs-STACK.splunkcloud.com for Splunk Cloud.',
  }),
  index: name("Index that the events go to. Default: the token's."),
  source: name('`source` of events. Default: the logger of an event, else `tailwater`.'),
  sourcetype: z.string().min(1).max(200).default('_json').meta({ description: '`sourcetype` of events.' }),
  acknowledge: z.boolean().default(false).meta({
    description: 'Wait until Splunk has indexed each batch. Only for tokens with indexer acknowledgement on.',
  }),
  acknowledge_poll_seconds: z.number().min(0.1).max(10).default(2).meta({
    description: 'How often to ask for an acknowledgement, s.',
  }),
  acknowledge_timeout_seconds: z.number().min(1).max(600).default(300).meta({
    description: 'A batch without an acknowledgement is sent again after this long, s.',
  }),
  payload: payloadMappingSchema('splunk'),
  ...connectionFields,
});
export type SplunkConfig = z.output<typeof config>;

/** Splunk, by its HTTP Event Collector. */
export const splunkHec: DestinationType<SplunkConfig> = {
  id: 'splunk-hec',
  title: 'Splunk (HTTP Event Collector)',
  config,
  secrets: [
    {
      name: 'token',
      title: 'HEC token',
      description: 'Of Settings → Data inputs → HTTP Event Collector; the value, without the word Splunk.',
      required: true,
    },
  ],
  limits: () => ({
    eventsMax: EVENTS_MAX,
    bytesMax: BODY_BYTES_MAX,
    eventBytesMax: BODY_BYTES_MAX - 1,
    overheadBytes: 1,
    ageMsMax: 2000,
    concurrency: 4,
  }),
  fromEnvironment: (environment) => {
    const url = firstSet(environment, 'SPLUNK_HEC_URL');
    const token = firstSet(environment, 'SPLUNK_HEC_TOKEN');
    if (url === undefined || token === undefined) return null;
    const members = {
      url,
      index: firstSet(environment, 'SPLUNK_INDEX'),
      source: firstSet(environment, 'SPLUNK_SOURCE'),
      sourcetype: firstSet(environment, 'SPLUNK_SOURCETYPE'),
    };
    return { config: config.parse(givenOnly(members)), secrets: givenSecrets({ token }) };
  },
  encode: (event, settings) => encodeWithin(event, BODY_BYTES_MAX - 1, (fitting) => envelope(fitting, settings)),
  open: (settings, { egress }) => openSplunk(settings, egress),
};

/** https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector */
function envelope(event: Event, { index, source, sourcetype, payload }: SplunkConfig): string {
  const members = [
    `"time":${secondsText(event.timestampNs)}`,
    ...(event.host === '' ? [] : [`"host":${quote(event.host)}`]),
    `"source":${quote(source ?? (event.logger === '' ? 'tailwater' : event.logger))}`,
    `"sourcetype":${quote(sourcetype)}`,
    ...(index === undefined ? [] : [`"index":${quote(index)}`]),
    `"event":${payloadText(event, payload)}`,
  ];
  return `{${members.join(',')}}`;
}
