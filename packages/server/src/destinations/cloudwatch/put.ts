import { z } from 'zod';
import type { EgressResponse } from '../../runtime/egress/egress.ts';
import type { EncodedEvent } from '../destination.ts';
import { isSuccess, readJson } from '../util/answers.ts';
import { awsErrorOf, awsRefusal } from '../util/aws-errors.ts';
import { errorOfRefusal, type Refusal, type Strip } from '../util/refusal.ts';
import type { CloudWatchCall } from './api.ts';
import type { Config } from './config.ts';

/** A call's events may be a day apart. */
const SPAN_MS_MAX = 24 * 3_600_000;

/** An event of a batch with its place in it. */
export interface Placed {
  index: number;
  timestampMs: number;
  event: Pick<EncodedEvent, 'bytes'>;
}

/** Sorted by time, as CloudWatch wants them, in as many calls as spans of 24 h need. */
export function callsOf(events: readonly EncodedEvent[]): Placed[][] {
  const placed = events.map((event, index) => ({ index, timestampMs: Number(event.timestampNs / 1_000_000n), event }));
  placed.sort((a, b) => a.timestampMs - b.timestampMs || a.index - b.index);
  const calls: Placed[][] = [];
  for (const one of placed) {
    const call = calls.at(-1);
    if (call !== undefined && one.timestampMs - call[0]!.timestampMs < SPAN_MS_MAX) call.push(one);
    else calls.push([one]);
  }
  return calls;
}

export interface Target {
  group: string;
  stream: string;
}

/** What one PutLogEvents did not take. */
export interface PutResult {
  rejected: { index: number; reason: string }[];
  bytesSent: number;
}

const index = z.int().min(0).optional();
const putAnswer = z.object({
  rejectedLogEventsInfo: z
    .object({ tooNewLogEventStartIndex: index, tooOldLogEventEndIndex: index, expiredLogEventEndIndex: index })
    .optional(),
});

/** Puts the events into the stream; makes group and stream where they are missing and the settings say so. */
export async function putEvents(
  call: CloudWatchCall,
  { group, stream }: Target,
  events: readonly Placed[],
  { settings, strip, signal }: { settings: Config; strip: Strip; signal: AbortSignal },
): Promise<PutResult> {
  const body = bodyOf({ group, stream }, events);
  let response = await call('PutLogEvents', body, signal);
  if (settings.create && isMissing(response)) {
    await createTarget(call, { group, stream }, { settings, strip, signal });
    response = await call('PutLogEvents', body, signal);
  }
  throwUnlessDone(response, settings, strip);
  const info = readJson(response.body, putAnswer)?.rejectedLogEventsInfo ?? {};
  return { rejected: rejectedOf(events, info), bytesSent: Buffer.byteLength(body) };
}

function bodyOf({ group, stream }: Target, events: readonly Placed[]): string {
  const items = events.map(({ timestampMs, event: { bytes } }) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
    return `{"timestamp":${timestampMs},"message":${JSON.stringify(text)}}`;
  });
  const names = `"logGroupName":${JSON.stringify(group)},"logStreamName":${JSON.stringify(stream)}`;
  return `{${names},"logEvents":[${items.join(',')}]}`;
}

/**
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_RejectedLogEventsInfo.html: ends are exclusive.
 * An end of 0 is one of a stand-in that means the last index: it names some event, or it would not be there.
 */
function rejectedOf(
  events: readonly Placed[],
  info: NonNullable<z.output<typeof putAnswer>['rejectedLogEventsInfo']>,
): PutResult['rejected'] {
  const expiredEnd = endOf(info.expiredLogEventEndIndex);
  const oldEnd = endOf(info.tooOldLogEventEndIndex);
  const newStart = info.tooNewLogEventStartIndex ?? events.length;
  return events.flatMap(({ index: place }, i) => {
    if (i < expiredEnd) return [{ index: place, reason: 'expired: older than the log group keeps events' }];
    if (i < oldEnd) return [{ index: place, reason: 'tooOld: more than 14 days ago' }];
    return i >= newStart ? [{ index: place, reason: 'tooNew: more than 2 hours ahead' }] : [];
  });
}

const endOf = (end: number | undefined) => (end === undefined ? 0 : Math.max(1, end));

const isMissing = (response: EgressResponse) =>
  !isSuccess(response) && awsErrorOf(response).code === 'ResourceNotFoundException';

interface Making {
  settings: Config;
  strip: Strip;
  signal: AbortSignal;
}

/** The stream, and the group only when there is none: most may create no groups. */
async function createTarget(call: CloudWatchCall, { group, stream }: Target, making: Making): Promise<void> {
  const { settings, strip, signal } = making;
  const make = async (operation: 'CreateLogGroup' | 'CreateLogStream' | 'PutRetentionPolicy', body: object) => {
    const response = await call(operation, JSON.stringify(body), signal);
    // Another call of ours, or somebody else, was faster.
    if (isSuccess(response) || awsErrorOf(response).code === 'ResourceAlreadyExistsException') return true;
    if (operation === 'CreateLogStream' && isMissing(response)) return false;
    throwUnlessDone(response, settings, strip, operation);
    return true;
  };
  const streamBody = { logGroupName: group, logStreamName: stream };
  if (await make('CreateLogStream', streamBody)) return;
  await make('CreateLogGroup', { logGroupName: group });
  if (settings.retention_days !== undefined) {
    await make('PutRetentionPolicy', { logGroupName: group, retentionInDays: settings.retention_days });
  }
  await make('CreateLogStream', streamBody);
}

/** Throws what an answer that is no success means. */
export function throwUnlessDone(
  response: EgressResponse,
  settings: Config,
  strip: Strip,
  operation = 'PutLogEvents',
): void {
  const refusal = awsRefusal(response, `CloudWatch Logs (${operation})`, strip);
  if (refusal !== null) throw errorOfRefusal(withAdvice(refusal, response, settings, operation));
}

function withAdvice(refusal: Refusal, response: EgressResponse, settings: Config, operation: string): Refusal {
  if (refusal.advice !== undefined) return refusal;
  if (isMissing(response)) {
    const advice = `There is no such group or stream in ${settings.region}: create them, set \`create\`, or mend the region.`;
    return { ...refusal, field: 'log_group', advice };
  }
  if (refusal.code !== 'destination_unauthorized') return refusal;
  const advice = `Allow these credentials logs:${operation} on arn:aws:logs:${settings.region}:*:log-group:${settings.log_group}:*.`;
  return { ...refusal, field: 'credentials', advice };
}
