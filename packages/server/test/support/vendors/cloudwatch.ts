import { cloudwatch } from '../../../src/destinations/cloudwatch/index.ts';
import { echo, HTTP_FAULTS, openHttpVendor, type VendorAnswer, type VendorRequest } from './http-vendor.ts';
import { signatureFault } from './sigv4.ts';
import type { Vendor } from './vendor.ts';

const ID = 'AKIAI44QH8DHBEXAMPLE';
const SECRET = 'je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY';
const REGION = 'eu-central-1';

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
const EVENTS_MAX = 10_000;
const BATCH_BYTES_MAX = 1_048_576;
const EVENT_OVERHEAD_BYTES = 26;
const DAY_MS = 86_400_000;
const OLD_MS_MAX = 14 * DAY_MS;
const NEW_MS_MAX = 2 * 3_600_000;

interface LogEvent {
  timestamp: number;
  message: string;
}

interface CloudWatchRequest {
  logGroupName: string;
  logStreamName: string;
  retentionInDays: number;
  logEvents: LogEvent[];
}

type Operation = (body: CloudWatchRequest) => { code?: string; answer?: object };

/** CloudWatch Logs with the limits that its API reference names. */
export async function openCloudWatchVendor(): Promise<
  Vendor & { streams: Map<string, LogEvent[]>; groups: Map<string, number>; operations: string[] }
> {
  const groups = new Map<string, number>();
  const streams = new Map<string, LogEvent[]>();
  const operations: string[] = [];
  const known: Record<string, Operation> = {
    CreateLogGroup: ({ logGroupName: group }) => {
      if (groups.has(group)) return { code: 'ResourceAlreadyExistsException' };
      groups.set(group, 0);
      return {};
    },
    CreateLogStream: ({ logGroupName: group, logStreamName: stream }) => {
      if (!groups.has(group)) return { code: 'ResourceNotFoundException' };
      if (streams.has(`${group} ${stream}`)) return { code: 'ResourceAlreadyExistsException' };
      streams.set(`${group} ${stream}`, []);
      return {};
    },
    PutRetentionPolicy: ({ logGroupName: group, retentionInDays }) => {
      groups.set(group, retentionInDays);
      return {};
    },
    DescribeLogGroups: () => ({ answer: { logGroups: [...groups.keys()].map((logGroupName) => ({ logGroupName })) } }),
    PutLogEvents: ({ logGroupName: group, logStreamName: stream, logEvents }) => {
      const kept = streams.get(`${group} ${stream}`);
      return kept === undefined ? { code: 'ResourceNotFoundException' } : putInto(kept, logEvents);
    },
  };
  const handle = (request: VendorRequest): VendorAnswer => {
    const error = (code: string, status = 400) => ({
      status,
      body: { __type: code, message: `${code} it is.\n${echo(request)}` },
    });
    const keys = { accessKeyId: ID, secretAccessKey: SECRET, region: REGION, service: 'logs' };
    const fault = signatureFault(request, keys);
    if (fault !== null) return error(fault);
    if (request.headers['content-type'] !== 'application/x-amz-json-1.1') return error('UnknownOperationException');
    const operation = (request.headers['x-amz-target'] ?? '').replace('Logs_20140328.', '');
    const work = known[operation];
    if (work === undefined) return error('UnknownOperationException');
    operations.push(operation);
    const { code, answer = {} } = work(JSON.parse(request.body.toString()) as CloudWatchRequest);
    return code === undefined ? { status: 200, body: answer } : error(code);
  };
  const http = await openHttpVendor({
    isDelivery: ({ headers }) => headers['x-amz-target'] === 'Logs_20140328.PutLogEvents',
    handle,
  });
  const at = (endpoint: string, secret = SECRET) => ({
    config: cloudwatch.config.parse({ log_group: '/tailwater/prod', region: REGION, endpoint, retention_days: 30 }),
    secrets: { access_key_id: ID, secret_access_key: secret },
  });
  return {
    ...http,
    settings: at(http.origin),
    unauthorized: at(http.origin, 'je7MtGbClwBF/2Zp9Utk/h3yCo8nvbWRONGKEY00'),
    at: (host, port) => at(`http://${host}:${port}`),
    faults: HTTP_FAULTS,
    messages: () =>
      [...streams.values()].flat().map(({ message }) => (JSON.parse(message) as { message: string }).message),
    // Group and stream are made when the first call says that there are none.
    complaints: () => http.complaints.filter((complaint) => !complaint.includes('ResourceNotFoundException')),
    takesOnce: false,
    poison: (event) => ({ ...event, timestampNs: event.timestampNs - BigInt(OLD_MS_MAX + DAY_MS) * 1_000_000n }),
    streams,
    groups,
    operations,
  };
}

function putInto(kept: LogEvent[], events: readonly LogEvent[]): { code?: string; answer?: object } {
  const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES, 0);
  const isSorted = events.every(({ timestamp }, i) => i === 0 || timestamp >= events[i - 1]!.timestamp);
  const span = (events.at(-1)?.timestamp ?? 0) - (events[0]?.timestamp ?? 0);
  const isWrong =
    events.length === 0 ||
    events.length > EVENTS_MAX ||
    bytes > BATCH_BYTES_MAX ||
    !isSorted ||
    span > DAY_MS ||
    events.some(({ message, timestamp }) => message === '' || timestamp < 0);
  if (isWrong) return { code: 'InvalidParameterException' };
  const now = Date.now();
  const oldEnd = events.findLastIndex(({ timestamp }) => timestamp < now - OLD_MS_MAX) + 1;
  const newStart = events.findIndex(({ timestamp }) => timestamp > now + NEW_MS_MAX);
  kept.push(...events.slice(oldEnd, newStart < 0 ? events.length : newStart));
  const info = {
    ...(oldEnd > 0 && { tooOldLogEventEndIndex: oldEnd }),
    ...(newStart >= 0 && { tooNewLogEventStartIndex: newStart }),
  };
  return { answer: Object.keys(info).length > 0 ? { rejectedLogEventsInfo: info } : { nextSequenceToken: '1' } };
}
