import type { Event } from '@tailwater/schema';
import type { DestinationType } from '../destination.ts';
import { encodeWithin } from '../util/cut.ts';
import { quote, timeText } from '../util/json-text.ts';
import { payloadText } from '../util/payload.ts';
import {
  ELASTICSEARCH_SECRETS,
  type ElasticsearchConfig,
  elasticsearchConfig,
  elasticsearchFromEnvironment,
} from './config.ts';
import { openElasticsearch } from './deliver.ts';

/** Clusters take 100 MB by default (http.max_content_length), Amazon's smaller ones 10 MiB; 5 to 15 MB is recommended. */
const BODY_BYTES_MAX = 8_000_000;
/** Answers name each event, and have to fit what egress reads of an answer. */
const EVENTS_MAX = 2000;
const EVENT_BYTES_MAX = 4_000_000;

/** Elasticsearch and OpenSearch, by `_bulk` into a data stream. */
export const elasticsearch: DestinationType<ElasticsearchConfig> = {
  id: 'elasticsearch',
  title: 'Elasticsearch or OpenSearch',
  config: elasticsearchConfig,
  secrets: ELASTICSEARCH_SECRETS,
  limits: () => ({
    eventsMax: EVENTS_MAX,
    bytesMax: BODY_BYTES_MAX,
    eventBytesMax: EVENT_BYTES_MAX,
    overheadBytes: 0,
    ageMsMax: 2000,
    concurrency: 4,
  }),
  fromEnvironment: elasticsearchFromEnvironment,
  encode: (event, config) => encodeWithin(event, EVENT_BYTES_MAX, (fitting) => bulkLines(fitting, config)),
  open: (settings, { egress }) => openElasticsearch(settings, egress),
};

/** Only `create` is allowed in data streams, and it never writes over what is there. */
function bulkLines(event: Event, { data_stream: stream, document_ids: hasIds, payload }: ElasticsearchConfig): string {
  const id = hasIds && event.eventId !== '' ? `,"_id":${quote(event.eventId)}` : '';
  const document = payloadText(event, payload, { '@timestamp': quote(timeText(event.timestampNs)) });
  return `{"create":{"_index":${quote(stream)}${id}}}\n${document}\n`;
}
