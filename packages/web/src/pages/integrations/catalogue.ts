/** What the destination types are, for those who choose one. */
export const KINDS = [
  { id: 'platform', label: 'Log platforms' },
  { id: 'cloud', label: 'Cloud logging' },
  { id: 'storage', label: 'Object storage' },
  { id: 'protocol', label: 'Open protocols' },
  { id: 'other', label: 'Others' },
] as const;
export type KindId = (typeof KINDS)[number]['id'];

interface Entry {
  kind: KindId;
  sentence: string;
  /** Other words that people look for it by. */
  words: string;
}

const ENTRIES: Readonly<Record<string, Entry>> = {
  datadog: {
    kind: 'platform',
    sentence: 'Datadog Logs, or an Observability Pipelines worker that takes its API.',
    words: 'dd monitoring',
  },
  elasticsearch: {
    kind: 'platform',
    sentence: 'Data streams of Elasticsearch and OpenSearch, each event once.',
    words: 'elastic kibana opensearch elk aws',
  },
  loggly: { kind: 'platform', sentence: 'SolarWinds Loggly, by customer token and tags.', words: 'solarwinds' },
  loki: {
    kind: 'platform',
    sentence: 'Grafana Loki and Grafana Cloud, with the stream labels of your choice.',
    words: 'grafana promtail',
  },
  'new-relic': { kind: 'platform', sentence: 'New Relic Logs, in the US or the EU.', words: 'newrelic nr' },
  'splunk-hec': {
    kind: 'platform',
    sentence: 'Splunk’s HTTP Event Collector; waits for its acknowledgement if wanted.',
    words: 'splunk hec cribl',
  },
  'azure-monitor': {
    kind: 'cloud',
    sentence: 'A table of Azure Monitor Logs, by a data collection rule.',
    words: 'microsoft log analytics sentinel',
  },
  cloudwatch: {
    kind: 'cloud',
    sentence: 'Amazon CloudWatch Logs; group and stream are made where they are missing.',
    words: 'aws amazon',
  },
  'gcp-logging': {
    kind: 'cloud',
    sentence: 'Google Cloud Logging, by a service account.',
    words: 'stackdriver google',
  },
  'azure-blob': {
    kind: 'storage',
    sentence: 'Azure Blob Storage: an object by the hour, NDJSON or Parquet.',
    words: 'microsoft archive parquet',
  },
  gcs: {
    kind: 'storage',
    sentence: 'Google Cloud Storage: an object by the hour, NDJSON or Parquet.',
    words: 'google archive bucket parquet',
  },
  s3: {
    kind: 'storage',
    sentence: 'Amazon S3 and stores that speak it: an object by the hour, NDJSON or Parquet.',
    words: 'aws minio r2 ceph archive bucket parquet',
  },
  kafka: {
    kind: 'protocol',
    sentence: 'Topics of Apache Kafka, named by fields of the event; TLS and SASL.',
    words: 'redpanda msk confluent queue stream',
  },
  otlp: {
    kind: 'protocol',
    sentence: 'OpenTelemetry over HTTP or gRPC: the Collector, and all that takes OTLP.',
    words: 'otel collector honeycomb grpc',
  },
  syslog: { kind: 'protocol', sentence: 'A syslog server (RFC 5424), by TCP or TLS.', words: 'rsyslog syslog-ng siem' },
  tailwater: {
    kind: 'protocol',
    sentence: 'Another Tailwater: a central one, or one elsewhere as a second copy.',
    words: 'replica central',
  },
  webhook: {
    kind: 'protocol',
    sentence: 'Any HTTP receiver: JSON of the shape you give it, signed if wanted.',
    words: 'http json slack url custom',
  },
};

export const entryOf = (type: string): Entry =>
  ENTRIES[type] ?? { kind: 'other', sentence: 'A destination that this page does not know yet.', words: '' };

/** Types whose title, sentence or usual words hold every word of the text, by kind; kinds without any are left out. */
export function findTypes<T extends { type: string; title: string }>(
  types: readonly T[],
  text: string,
): { kind: (typeof KINDS)[number]; types: T[] }[] {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = types.filter(({ type, title }) => {
    const { sentence, words } = entryOf(type);
    const all = `${type} ${title} ${sentence} ${words}`.toLowerCase();
    return wanted.every((word) => all.includes(word));
  });
  const sorted = found.toSorted((a, b) => a.title.localeCompare(b.title));
  return KINDS.map((kind) => ({ kind, types: sorted.filter(({ type }) => entryOf(type).kind === kind.id) })).filter(
    (group) => group.types.length > 0,
  );
}
