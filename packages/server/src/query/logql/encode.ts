import { nsText } from './events/row-mapper.ts';
import type { ProcessedLine } from './pipeline/index.ts';
import type { Labels, LogRow } from './row.ts';
import type { StepGrid, StepSeries } from './series.ts';
import { formatFloat } from './values/index.ts';

/** A line of a log query's answer. */
export interface AnswerLine extends Pick<LogRow, 'timeMs' | 'timeNs'> {
  labels: ProcessedLine;
}

/** What the answer says of the work done: lines and bytes that went through the pipeline, seconds. */
export interface AnswerStats {
  lines: number;
  bytes: number;
  execSeconds: number;
  returned: number;
}

/**
 * `{"status":"success", …}` as the Loki API writes it. Clients read the body as a stream, so the order of members is part
 * of it: https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-logs-within-a-range-of-time
 */
function envelope(
  resultType: string,
  result: string,
  {
    stats,
    categorize = false,
    warnings = [],
  }: { stats: AnswerStats; categorize?: boolean; warnings?: readonly string[] },
): string {
  const warned = warnings.length === 0 ? '' : `"warnings":${JSON.stringify(warnings)},`;
  const flags = categorize ? '"encodingFlags":["categorize-labels"],' : '';
  return `{"status":"success",${warned}"data":{"resultType":"${resultType}",${flags}"result":${result},"stats":${statsJson(stats)}}}\n`;
}

/** Labels as a JSON object. */
export function labelsJson(labels: Labels): string {
  let text = '{';
  for (const [name, value] of labels)
    text += `${text === '{' ? '' : ','}${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return `${text}}`;
}

/** The lines in their order, by stream; `categorize`: by stream labels alone, the others beside each line. */
export function encodeStreams(lines: readonly AnswerLine[], categorize: boolean, stats: AnswerStats): string {
  return envelope('streams', streamsJson(lines, categorize), { stats, categorize });
}

/** The streams of lines as the JSON array that query answers and tail frames have. */
export function streamsJson(lines: readonly AnswerLine[], categorize: boolean): string {
  const values = new Map<string, string[]>();
  const keys = new Map<Labels, string>();
  for (const line of lines) {
    const { labels } = line;
    let key: string | undefined;
    if (categorize) {
      key = keys.get(labels.stream);
      if (key === undefined) {
        key = labelsJson(labels.stream);
        keys.set(labels.stream, key);
      }
    } else key = labelsJson(merged(labels));
    const known = values.get(key);
    const text = valueJson(line, categorize);
    if (known === undefined) values.set(key, [text]);
    else known.push(text);
  }
  const streams = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
  return `[${streams.map(([key, texts]) => `{"stream":${key},"values":[${texts.join(',')}]}`).join(',')}]`;
}

function merged({ stream, metadata, parsed }: ProcessedLine): Labels {
  if (metadata.length === 0 && parsed.length === 0) return stream;
  return [...stream, ...metadata, ...parsed].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function valueJson(line: AnswerLine, categorize: boolean): string {
  const { metadata, parsed, line: text } = line.labels;
  const start = `["${nsText(line)}",${JSON.stringify(text)}`;
  if (!categorize) return `${start}]`;
  const parts: string[] = [];
  if (metadata.length > 0) parts.push(`"structuredMetadata":${labelsJson(metadata)}`);
  if (parsed.length > 0) parts.push(`"parsed":${labelsJson(parsed)}`);
  return `${start},{${parts.join(',')}}]`;
}

export function encodeMatrix(
  series: readonly StepSeries[],
  grid: StepGrid,
  stats: AnswerStats,
  warnings: readonly string[],
): string {
  const rows = series.map(({ labels, steps, values }) => {
    const points = steps.map((step, i) => sampleJson(grid.startMs + step * grid.stepMs, values[i]!));
    return `{"metric":${labelsJson(labels)},"values":[${points.join(',')}]}`;
  });
  return envelope('matrix', `[${rows.join(',')}]`, { stats, warnings });
}

export function encodeVector(
  series: readonly StepSeries[],
  timeMs: number,
  stats: AnswerStats,
  warnings: readonly string[],
): string {
  const rows = series.map(({ labels, values }) => vectorSample(labels, timeMs, values[0]!));
  return envelope('vector', `[${rows.join(',')}]`, { stats, warnings });
}

export function encodeScalar(timeMs: number, value: number, stats: AnswerStats): string {
  return envelope('scalar', sampleJson(timeMs, value), { stats });
}

export function vectorSample(labels: Labels, timeMs: number, value: number): string {
  return `{"metric":${labelsJson(labels)},"value":${sampleJson(timeMs, value)}}`;
}

/** `[seconds, "value"]` */
export function sampleJson(timeMs: number, value: number): string {
  return `[${timeMs / 1000},"${formatFloat(value)}"]`;
}

const CACHES = [
  'chunk',
  'index',
  'result',
  'statsResult',
  'volumeResult',
  'seriesResult',
  'labelResult',
  'instantMetricResult',
];
const CACHE =
  '{"entriesFound":0,"entriesRequested":0,"entriesStored":0,"bytesReceived":0,"bytesSent":0,"requests":0,"downloadTime":0,"queryLengthServed":0}';
const STORE =
  '{"totalChunksRef":0,"totalChunksDownloaded":0,"chunksDownloadTime":0,"queryReferencedStructuredMetadata":false,' +
  '"queryUsedV2Engine":false,"chunk":{"headChunkBytes":0,"headChunkLines":0,"headChunkStructuredMetadataBytes":0,' +
  '"decompressedBytes":0,"decompressedLines":0,"decompressedStructuredMetadataBytes":0,"compressedBytes":0,' +
  '"totalDuplicates":0,"postFilterLines":0},"chunkRefsFetchTime":0,"congestionControlLatency":0,"pipelineWrapperFilteredLines":0}';
/** What clients print and what has no meaning here: Loki's chunks, ingesters and caches. */
const CONSTANT_STATS =
  `"querier":{"store":${STORE}},"ingester":{"totalReached":0,"totalChunksMatched":0,"totalBatches":0,"totalLinesSent":0,` +
  `"store":${STORE}},"cache":{${CACHES.map((cache) => `"${cache}":${CACHE}`).join(',')}},` +
  '"index":{"totalChunks":0,"postFilterChunks":0,"shardsDuration":0,"usedBloomFilters":false}';

function statsJson({ lines, bytes, execSeconds, returned }: AnswerStats): string {
  const perSecond = (count: number) => (execSeconds > 0 ? Math.round(count / execSeconds) : 0);
  const summary = {
    bytesProcessedPerSecond: perSecond(bytes),
    linesProcessedPerSecond: perSecond(lines),
    totalBytesProcessed: bytes,
    totalLinesProcessed: lines,
    execTime: execSeconds,
    queueTime: 0,
    subqueries: 0,
    totalEntriesReturned: returned,
    splits: 0,
    shards: 0,
    totalPostFilterLines: returned,
    totalStructuredMetadataBytesProcessed: 0,
  };
  return `{"summary":${JSON.stringify(summary)},${CONSTANT_STATS}}`;
}
