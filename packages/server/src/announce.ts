/** What a started server tells about itself. */
export interface Announcement {
  httpPort: number;
  /** Null when it is switched off or another program has it. */
  otlpHttpPort: number | null;
  url: string;
  dataDir: string;
  openMode: boolean;
  /** An admin key made at the first start. Shown once: it is nowhere kept. */
  generatedKey: string | null;
}

/** The machine-readable line: the first and only line on stdout. */
export function readyLine({ httpPort, otlpHttpPort, url, dataDir, openMode }: Announcement): string {
  return JSON.stringify({
    event: 'ready',
    http: httpPort,
    otlp_http: otlpHttpPort,
    url,
    data_dir: dataDir,
    open_mode: openMode,
    pid: process.pid,
  });
}

/** The same for people, on stderr: where it is, and two lines to paste. */
export function welcome({ url, dataDir, openMode, generatedKey, otlpHttpPort, httpPort }: Announcement): string {
  const auth = openMode ? '' : ` -H 'Authorization: Bearer ${generatedKey ?? '$TAILWATER_API_KEY'}'`;
  const event = '{"service":"hello","severity":"info","message":"hello from curl"}';
  const lines = [
    '',
    `  Tailwater is running at ${url}`,
    `  data       ${dataDir}`,
    `  OTLP/HTTP  ${otlpHttpPort === null ? `port ${httpPort}, path /v1/logs` : `port ${otlpHttpPort} and ${httpPort}, path /v1/logs`}`,
    ...(generatedKey === null ? [] : [`  admin key  ${generatedKey}  (shown this once; keep it)`]),
    ...(openMode ? ['  open mode  requests from this machine need no key; they act as org `default`'] : []),
    '',
    '  Send an event, then find it:',
    `    curl -s${auth} '${url}/api/logs?ack=stored' -d '${event}'`,
    `    curl -s${auth} '${url}/api/logs?q=hello'`,
    '',
  ];
  return `${lines.join('\n')}\n`;
}
