/** What a started server tells of itself, part of @tailwater/server's RunningServer. */
export interface StartedServer {
  url: string;
  httpPort: number;
  /** Null when the port is off or was taken. */
  otlpHttpPort: number | null;
  /** Ports beside the main one by `receiver.listener`. */
  listenerPorts: Readonly<Record<string, number>>;
  dataDir: string;
  openMode: boolean;
  /** An admin key made at the first start. It is nowhere kept. */
  generatedKey: string | null;
  /** With keys a link that signs in once. Null when the web UI is not built. */
  webUrl: string | null;
}

/** The one line on stdout, for programs: JSON without secrets. */
export function readyLine({ url, httpPort, otlpHttpPort, listenerPorts, dataDir, openMode }: StartedServer): string {
  const fields = {
    event: 'ready',
    http: httpPort,
    otlp_http: otlpHttpPort,
    listeners: listenerPorts,
    url,
    data_dir: dataDir,
    open_mode: openMode,
  };
  return `${JSON.stringify(fields)}\n`;
}

/** What a person reads on stderr: where it is, the key that was made, and how to send and find a first event. */
export function welcome(server: StartedServer): string {
  const { url, otlpHttpPort, listenerPorts, dataDir, openMode, generatedKey } = server;
  const authorization = openMode ? '' : ` -H "Authorization: Bearer ${generatedKey ?? '$TAILWATER_API_KEY'}"`;
  const others = Object.entries(listenerPorts).filter(([name]) => name !== 'otlp.http');
  const ports = others.map(([name, port]) => `${name} ${port}`).join(', ');
  const lines = [
    `Tailwater listens on ${url}${otlpHttpPort === null ? '' : ` (OTLP/HTTP on port ${otlpHttpPort} too)`}`,
    ...(ports === '' ? [] : [`Other ports: ${ports}`]),
    ...webUiLines(server),
    `Data directory: ${dataDir}`,
    ...(generatedKey === null ? [] : [`Admin API key of org default, shown this once: ${generatedKey}`]),
    openMode
      ? 'Open mode: requests from this machine need no key.'
      : 'Requests need an API key; make more with `tailwater keys create`.',
    'Send an event and find it:',
    `  curl -sS '${url}/api/logs?ack=stored'${authorization} -H 'Content-Type: application/json' -d '{"message":"hello, tailwater","severity":"info","service":"curl"}'`,
    `  curl -sS '${url}/api/logs?q=hello'${authorization}`,
  ];
  return `${lines.join('\n')}\n`;
}

function webUiLines({ webUrl, openMode }: StartedServer): string[] {
  if (webUrl === null) return [];
  if (openMode) return [`Web UI: ${webUrl}`];
  return [`Web UI, signs in once, within 24 hours: ${webUrl}`, 'Another such link: `tailwater sign-in`'];
}
