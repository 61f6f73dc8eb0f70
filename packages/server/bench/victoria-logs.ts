import { spawn } from 'node:child_process';
import { NEEDLE } from './event-generator.ts';
import type { IngestFigures } from './ingest.ts';
import type { Bodies } from './support/bodies.ts';
import { inParallel, openPoster } from './support/post.ts';
import { cpuSeconds, memoryMib, settledCpuSeconds, settledDiskBytes } from './support/processes.ts';

/**
 * The peer on the same events: VictoriaLogs' JSON lines endpoint, one stream per org, service and host, as its
 * documentation advises. https://docs.victoriametrics.com/victorialogs/data-ingestion/#json-stream-api
 */
const INSERT = '/insert/jsonline?_stream_fields=org,service,host&_time_field=ts&_msg_field=message';

/** The queries of the comparison in LogsQL, by the names of bench/queries.ts. */
const QUERIES: Record<string, string> = {
  'count all': '* | stats count() c',
  needle: NEEDLE,
  'common word': 'completed | stats count() c',
  'common word last 100': 'completed | sort by (_time) desc limit 100',
  regex: '~"status 5[0-9]+ in 9[0-9]{2}ms" | stats count() c',
  substring: '~"ezones" | stats count() c',
  'newest 100': 'org:=pied-piper severity:=error | sort by (_time) desc limit 100',
  trace: 'trace_id:=a0f81bfd3b4688fdbb096b93da06f28e',
  'per 10 min': '* | stats by (_time:10m, severity) count() c',
  'top 10': '* | stats by (metadata.model) count() c | sort by (c) desc limit 10',
  p95: '* | stats by (_time:1h, log_type) quantile(0.95, duration_ms) p',
  'numeric filter': 'metadata.status:>=500 | stats count() c',
  'last 100 of all': '* | sort by (_time) desc limit 100',
};
const QUERY_RUNS = 15;

export async function runVictoriaLogs(
  program: string,
  dataDir: string,
  bodies: Bodies,
  print: (line: string) => void,
): Promise<IngestFigures> {
  const child = spawn(
    program,
    ['-storageDataPath', dataDir, '-httpListenAddr', '127.0.0.1:0', '-loggerOutput', 'stderr'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const url = await listeningUrl(child.stderr!);
  const pid = child.pid!;
  try {
    const poster = openPoster(url, 4);
    const events = bodies.list.reduce((sum, body) => sum + body.events, 0);
    const before = cpuSeconds(pid);
    const startedAt = performance.now();
    await inParallel(bodies.list, 4, async (body) => {
      const { status, text } = await poster.post(INSERT, bodies.read(body), {
        'content-type': 'application/stream+json',
      });
      if (status !== 200) throw new Error(`${status} ${text}`);
    });
    const seconds = (performance.now() - startedAt) / 1000;
    const acknowledged = cpuSeconds(pid) - before;
    poster.close();
    const settled = (await settledCpuSeconds([pid])) - before;
    const peakMib = memoryMib(pid, 'VmHWM');
    const counted = await queryAll(url, print);
    return {
      name: 'victoria-logs',
      events,
      acknowledgedUs: (acknowledged / events) * 1e6,
      storedUs: (settled / events) * 1e6,
      settledUs: (settled / events) * 1e6,
      eventsPerSecond: events / seconds,
      bytesPerEvent: (await settledDiskBytes(dataDir)) / events,
      peakMib,
      counted,
    };
  } finally {
    child.kill('SIGKILL');
  }
}

/** Runs every query QUERY_RUNS times, prints the medians, returns the count of all. */
async function queryAll(url: string, print: (line: string) => void): Promise<number> {
  let counted = 0;
  print('| victoria-logs query | median ms |\n|---|---|');
  for (const [name, query] of Object.entries(QUERIES)) {
    const times: number[] = [];
    for (let i = 0; i < QUERY_RUNS; i++) {
      const startedAt = performance.now();
      const response = await fetch(
        `${url}/select/logsql/query?query=${encodeURIComponent(query)}&start=2026-11-01T00:00:00Z`,
      );
      const text = await response.text();
      times.push(performance.now() - startedAt);
      if (!response.ok) throw new Error(`${name}: ${text}`);
      if (name === 'count all') counted = Number((JSON.parse(text) as { c: string }).c);
    }
    print(`| ${name} | ${times.sort((a, b) => a - b)[QUERY_RUNS >> 1].toFixed(1)} |`);
  }
  return counted;
}

/** The address it chose, from its log: `started server at http://127.0.0.1:43210/`. The log is read to its end. */
function listeningUrl(stderr: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = '';
    stderr.on('data', (chunk) => {
      log = (log + String(chunk)).slice(-20_000);
      const match = /started server at (http:\/\/127\.0\.0\.1:\d+)/.exec(log);
      if (match !== null) resolve(match[1]);
    });
    stderr.on('end', () => reject(new Error(`the peer ended: ${log}`)));
  });
}
