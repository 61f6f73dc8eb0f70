/** What a snippet is filled with. */
export interface SnippetPlace {
  /** Where this page reached the server: `http://127.0.0.1:4750`. */
  url: string;
  host: string;
  port: string;
  /** An API key with the scope `ingest`; a placeholder until one is made. */
  key: string;
  /** Ports beside the main one by `receiver.listener`. */
  ports: Readonly<Record<string, number>>;
}

interface SourceStep {
  /** What to do with it: `Run it`, `Into /etc/rsyslog.d/tailwater.conf`. */
  title: string;
  code: string;
}

/** Something that ships events, and how it is told to ship them here. */
export interface Source {
  id: string;
  name: string;
  /** The receiver that takes its events. */
  receiver: string;
  group: 'Applications' | 'Collectors and agents' | 'Systems and devices';
  /** The listener it needs, `receiver.listener`, when that is closed unless the configuration opens it. */
  listener?: { name: string; usualPort: number };
  steps(place: SnippetPlace): SourceStep[];
}

const tls = ({ url }: SnippetPlace): boolean => url.startsWith('https:');

/** The port of the source's listener: that which is open, or the usual one that the first step opens. */
function listenerPort({ ports }: SnippetPlace, name: string, usualPort: number): number {
  return ports[name] ?? usualPort;
}

/** The configuration that opens a listener whose protocol carries no key. */
function openListenerStep(name: string, port: number, key: string): SourceStep {
  const [receiver, listener] = name.split('.') as [string, string];
  return {
    title: 'Open the port: into the configuration of Tailwater, then restart it',
    code: `receivers:\n  ${receiver}:\n    ${listener}: ${port}\n    apiKey: ${key}`,
  };
}

export const SOURCES: readonly Source[] = [
  {
    id: 'curl',
    name: 'curl, any HTTP client',
    receiver: 'ndjson',
    group: 'Applications',
    steps: ({ url, key }) => [
      {
        title: 'Send an event',
        code: `curl -sS '${url}/api/logs' -H 'X-API-Key: ${key}' -H 'Content-Type: application/json' \\\n  -d '{"message":"hello, tailwater","severity":"info","service":"curl"}'`,
      },
      {
        title: 'Or all lines of a program',
        code: `my-program 2>&1 | curl -sS '${url}/api/logs' -H 'X-API-Key: ${key}' --data-binary @-`,
      },
    ],
  },
  {
    id: 'opentelemetry-sdk',
    name: 'OpenTelemetry SDK',
    receiver: 'otlp',
    group: 'Applications',
    steps: ({ url, key }) => [
      {
        title: 'Into the environment of the application, in any language',
        code: `export OTEL_LOGS_EXPORTER=otlp\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=${url}/v1/logs\nexport OTEL_EXPORTER_OTLP_HEADERS=x-api-key=${key}\nexport OTEL_SERVICE_NAME=my-service`,
      },
    ],
  },
  {
    id: 'node-sdk',
    name: 'Tailwater SDK for Node',
    receiver: 'ndjson',
    group: 'Applications',
    steps: ({ url, key }) => [
      { title: 'Into the environment', code: `export TAILWATER_URL=${url}\nexport TAILWATER_API_KEY=${key}` },
      {
        title: 'Into the program',
        code: `import { createTailwater } from '@tailwater/sdk';\n\nconst tailwater = createTailwater({ service: 'my-service' });\ntailwater.logger('main').info('hello, tailwater', { tries: 1 });`,
      },
    ],
  },
  {
    id: 'loki-client',
    name: 'pino-loki, winston-loki',
    receiver: 'loki',
    group: 'Applications',
    steps: ({ url, key }) => [
      {
        title: 'pino',
        code: `pino({\n  transport: {\n    target: 'pino-loki',\n    options: { host: '${url}', headers: { 'X-API-Key': '${key}' }, labels: { service_name: 'my-service' } },\n  },\n});`,
      },
      {
        title: 'winston',
        code: `new LokiTransport({ host: '${url}', basicAuth: 'any:${key}', labels: { service_name: 'my-service' } });`,
      },
    ],
  },
  {
    id: 'splunk-logging',
    name: 'Splunk HEC client',
    receiver: 'splunk-hec',
    group: 'Applications',
    steps: ({ url, key }) => [
      {
        title: 'Try it',
        code: `curl -sS '${url}/services/collector/event' -H 'Authorization: Splunk ${key}' \\\n  -d '{"event":"hello, tailwater","host":"box-1","sourcetype":"my-service"}'`,
      },
      {
        title: 'splunk-logging',
        code: `const { Logger } = require('splunk-logging');\nconst logger = new Logger({ token: '${key}', url: '${url}' });\nlogger.send({ message: 'hello, tailwater', severity: 'info', metadata: { sourcetype: 'my-service' } });`,
      },
    ],
  },
  {
    id: 'opentelemetry-collector',
    name: 'OpenTelemetry Collector',
    receiver: 'otlp',
    group: 'Collectors and agents',
    steps: ({ url, key }) => [
      {
        title: 'Into its configuration',
        code: `exporters:\n  otlphttp/tailwater:\n    logs_endpoint: ${url}/v1/logs\n    headers: { x-api-key: ${key} }\n\nservice:\n  pipelines:\n    logs:\n      receivers: [otlp]\n      exporters: [otlphttp/tailwater]`,
      },
    ],
  },
  {
    id: 'alloy',
    name: 'Grafana Alloy, Promtail',
    receiver: 'loki',
    group: 'Collectors and agents',
    steps: ({ url, key }) => [
      {
        title: 'Alloy',
        code: `loki.write "tailwater" {\n  endpoint {\n    url          = "${url}/loki/api/v1/push"\n    bearer_token = "${key}"\n  }\n}`,
      },
      { title: 'Promtail', code: `clients:\n  - url: ${url}/loki/api/v1/push\n    bearer_token: ${key}` },
    ],
  },
  {
    id: 'fluent-bit',
    name: 'Fluent Bit',
    receiver: 'loki',
    group: 'Collectors and agents',
    steps: (place) => [
      {
        title: 'Into its configuration',
        code: `[OUTPUT]\n    Name         loki\n    Match        *\n    Host         ${place.host}\n    Port         ${place.port}\n    Tls          ${tls(place) ? 'on' : 'off'}\n    Http_User    tailwater\n    Http_Passwd  ${place.key}\n    Labels       service_name=my-service`,
      },
    ],
  },
  {
    id: 'fluentd',
    name: 'Fluentd, Docker',
    receiver: 'fluent-forward',
    group: 'Collectors and agents',
    listener: { name: 'fluent-forward.tcp', usualPort: 24224 },
    steps: (place) => {
      const port = listenerPort(place, 'fluent-forward.tcp', 24224);
      return [
        {
          title: 'Fluentd',
          code: `<match **>\n  @type forward\n  require_ack_response true\n  <server>\n    host ${place.host}\n    port ${port}\n  </server>\n</match>`,
        },
        {
          title: 'Docker',
          code: `docker run --log-driver fluentd --log-opt fluentd-address=${place.host}:${port} --log-opt tag={{.Name}} …`,
        },
      ];
    },
  },
  {
    id: 'filebeat',
    name: 'Filebeat and other Beats',
    receiver: 'elasticsearch',
    group: 'Collectors and agents',
    steps: ({ url, key }) => [
      {
        title: 'Into its configuration',
        code: `output.elasticsearch:\n  hosts: ["${url}"]\n  api_key: "tailwater:${key}"`,
      },
    ],
  },
  {
    id: 'elasticsearch-client',
    name: 'Elasticsearch, OpenSearch clients',
    receiver: 'elasticsearch',
    group: 'Applications',
    steps: ({ url, key }) => [
      {
        title: 'Try it',
        code: `printf '{"create":{"_index":"logs-app-default"}}\\n{"message":"hello, tailwater"}\\n' |\n  curl -sS '${url}/_bulk' -H 'Authorization: ApiKey ${key}' -H 'Content-Type: application/x-ndjson' --data-binary @-`,
      },
      {
        title: '@elastic/elasticsearch',
        code: `const client = new Client({ node: '${url}', auth: { apiKey: '${key}' } });`,
      },
    ],
  },
  {
    id: 'datadog',
    name: 'Datadog Agent',
    receiver: 'datadog',
    group: 'Collectors and agents',
    steps: (place) => [
      {
        title: 'Into datadog.yaml',
        code: `api_key: ${place.key}\nlogs_enabled: true\nlogs_config:\n  logs_dd_url: ${place.host}:${place.port}\n  logs_no_ssl: ${!tls(place)}\n  force_use_http: true`,
      },
    ],
  },
  {
    id: 'vector',
    name: 'Vector',
    receiver: 'ndjson',
    group: 'Collectors and agents',
    steps: ({ url, key }) => [
      {
        title: 'Into its configuration',
        code: `sinks:\n  tailwater:\n    type: http\n    inputs: [my_source]\n    uri: ${url}/api/logs\n    encoding: { codec: json }\n    framing: { method: newline_delimited }\n    request: { headers: { X-API-Key: ${key} } }`,
      },
    ],
  },
  {
    id: 'logstash-beats',
    name: 'Beats over Lumberjack',
    receiver: 'lumberjack',
    group: 'Collectors and agents',
    listener: { name: 'lumberjack.tcp', usualPort: 5044 },
    steps: (place) => [
      {
        title: 'Into the configuration of the Beat',
        code: `output.logstash:\n  hosts: ["${place.host}:${listenerPort(place, 'lumberjack.tcp', 5044)}"]`,
      },
    ],
  },
  {
    id: 'syslog',
    name: 'syslog: rsyslog, devices',
    receiver: 'syslog',
    group: 'Systems and devices',
    listener: { name: 'syslog.tcp', usualPort: 5514 },
    steps: (place) => {
      const port = listenerPort(place, 'syslog.tcp', 5514);
      return [
        {
          title: 'Try it',
          code: `logger --server ${place.host} --port ${port} --tcp --octet-count --rfc5424 --tag my-service "hello, tailwater"`,
        },
        {
          title: 'Into /etc/rsyslog.d/tailwater.conf',
          code: `*.* action(type="omfwd" target="${place.host}" port="${port}" protocol="tcp" TCP_Framing="octet-counted"\n           template="RSYSLOG_SyslogProtocol23Format" action.resumeRetryCount="-1" queue.type="LinkedList")`,
        },
      ];
    },
  },
  {
    id: 'journald',
    name: 'systemd journal',
    receiver: 'journald',
    group: 'Systems and devices',
    steps: (place) => [
      {
        title: 'What is there now',
        code: `journalctl -o export --since=-1h | curl -sS --data-binary @- -u upload:${place.key} ${place.url}/upload`,
      },
      {
        title: 'And all that comes: into /etc/systemd/journal-upload.conf',
        code: `[Upload]\nURL=${place.url.replace('://', `://upload:${place.key}@`)}`,
      },
    ],
  },
  {
    id: 'gelf',
    name: 'GELF: Graylog clients, Docker',
    receiver: 'gelf',
    group: 'Systems and devices',
    steps: ({ url, key }) => [
      {
        title: 'Try it',
        code: `curl -sS '${url}/gelf' -H 'X-API-Key: ${key}' \\\n  -d '{"version":"1.1","host":"web-1","short_message":"hello, tailwater","_service":"my-service"}'`,
      },
    ],
  },
  {
    id: 'files',
    name: 'Log files on the server',
    receiver: 'file-tail',
    group: 'Systems and devices',
    steps: ({ key }) => [
      {
        title: 'Into the configuration of Tailwater, then restart it',
        code: `receivers:\n  file-tail:\n    apiKey: ${key}\n    paths:\n      - /var/log/my-service/*.log\n      - /var/lib/docker/containers/*/*-json.log`,
      },
    ],
  },
  {
    id: 'firehose',
    name: 'Amazon Data Firehose',
    receiver: 'firehose',
    group: 'Systems and devices',
    steps: ({ url, key }) => [
      {
        title: 'The endpoint of a delivery stream; Amazon wants https',
        code: `aws firehose create-delivery-stream --delivery-stream-name logs --http-endpoint-destination-configuration '{\n  "EndpointConfiguration": {"Name": "tailwater", "Url": "${url}/api/firehose", "AccessKey": "${key}"},\n  "RequestConfiguration": {"ContentEncoding": "GZIP"},\n  "S3Configuration": {"RoleARN": "arn:aws:iam::123456789012:role/firehose", "BucketARN": "arn:aws:s3:::undelivered"}}'`,
      },
    ],
  },
];

/** What stands in a snippet for a key that is not made yet. */
export const KEY_PLACEHOLDER = 'tw_YOUR_KEY';

/** The place of snippets for a server at that address. */
export function placeOf(url: string, key: string, ports: SnippetPlace['ports']): SnippetPlace {
  const { hostname, port, protocol } = new URL(url);
  return {
    url: url.replace(/\/$/, ''),
    host: hostname,
    port: port || (protocol === 'https:' ? '443' : '80'),
    key,
    ports,
  };
}

/** Everything to be done, the opening of a closed port first. */
export function stepsOf(source: Source, place: SnippetPlace): SourceStep[] {
  const { listener } = source;
  const steps = source.steps(place);
  if (listener === undefined || place.ports[listener.name] !== undefined) return steps;
  return [openListenerStep(listener.name, listener.usualPort, place.key), ...steps];
}
