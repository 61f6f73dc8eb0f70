import type { Event } from '@tailwater/schema';
import type { Egress } from '../../runtime/egress/egress.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { DeliveryBatch, DeliveryResult, Destination, DestinationType, Settings } from '../destination.ts';
import { createAwsClient } from '../util/aws.ts';
import { AWS_SECRETS, awsFromEnvironment } from '../util/aws-config.ts';
import { awsDomain } from '../util/aws-credentials.ts';
import { awsErrorOf } from '../util/aws-errors.ts';
import { encodeWithin } from '../util/cut.ts';
import { firstSet, givenOnly } from '../util/environment.ts';
import { httpCaller } from '../util/http.ts';
import { payloadText } from '../util/payload.ts';
import { adviceOfRefusal, cloudStripper, type Strip } from '../util/refusal.ts';
import { runMarkedEvent, runStep } from '../util/test-steps.ts';
import { type CloudWatchCall, cloudWatchCaller } from './api.ts';
import { type Config, config } from './config.ts';
import { callsOf, putEvents, throwUnlessDone } from './put.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
const EVENTS_MAX = 10_000;
const BATCH_BYTES_MAX = 1_048_576;
const EVENT_OVERHEAD_BYTES = 26;
const EVENT_BYTES_MAX = BATCH_BYTES_MAX - EVENT_OVERHEAD_BYTES;

/** Amazon CloudWatch Logs. */
export const cloudwatch: DestinationType<Config> = {
  id: 'cloudwatch',
  title: 'Amazon CloudWatch Logs',
  config,
  secrets: AWS_SECRETS,
  limits: () => ({
    eventsMax: EVENTS_MAX,
    bytesMax: BATCH_BYTES_MAX,
    eventBytesMax: EVENT_BYTES_MAX,
    overheadBytes: EVENT_OVERHEAD_BYTES,
    ageMsMax: 2000,
    // CloudWatch orders a stream by time itself, and knows no sequence tokens since 2023.
    concurrency: 3,
  }),
  fromEnvironment: (environment) => {
    const aws = awsFromEnvironment(environment);
    const logGroup = firstSet(environment, 'CLOUDWATCH_LOG_GROUP', 'AWS_CLOUDWATCH_LOG_GROUP');
    if (aws === null || logGroup === undefined) return null;
    const members = {
      log_group: logGroup,
      log_stream: firstSet(environment, 'CLOUDWATCH_LOG_STREAM', 'AWS_CLOUDWATCH_LOG_STREAM'),
      endpoint: firstSet(environment, 'AWS_ENDPOINT_URL_CLOUDWATCH_LOGS', 'AWS_ENDPOINT_URL'),
    };
    return { config: config.parse({ ...aws.config, ...givenOnly(members) }), secrets: aws.secrets };
  },
  encode,
  open: (settings, { egress }) => openCloudWatch(settings, egress),
};

function encode(event: Event, settings: Config): Uint8Array {
  // One of them would have the whole call refused.
  if (event.timestampNs < 0n) {
    throw new PermanentError('invalid_field', 'CloudWatch Logs takes no events before 1970.', 'timestamp');
  }
  return encodeWithin(event, EVENT_BYTES_MAX, (fitting) => payloadText(fitting, settings.payload));
}

function openCloudWatch({ config: settings, secrets }: Settings<Config>, egress: Egress): Destination {
  const strip = cloudStripper(secrets);
  const httpCall = httpCaller(egress, settings, strip);
  const client = createAwsClient('logs', { config: settings, secrets, egress, call: httpCall, strip });
  const endpoint = settings.endpoint ?? `https://logs.${settings.region}.${awsDomain(settings.region)}`;
  const call = cloudWatchCaller(client, endpoint);
  const deliver = (batch: DeliveryBatch, signal: AbortSignal) => deliverCalls(call, batch, { settings, strip, signal });
  return {
    deliver,
    async test(marked, report, signal) {
      const run = { report, signal, advise: adviceOfRefusal };
      const isKnown = await runStep('credentials', run, () => checkCredentials(call, { settings, strip, signal }));
      if (isKnown) await runMarkedEvent(marked, run, deliver);
    },
    close: async () => {},
  };
}

interface Surroundings {
  settings: Config;
  strip: Strip;
  signal: AbortSignal;
}

/**
 * Most batches are one call. Of several, those after one that has to wait come again, and those before do not: they would
 * be there twice.
 */
async function deliverCalls(
  call: CloudWatchCall,
  batch: DeliveryBatch,
  surroundings: Surroundings,
): Promise<DeliveryResult> {
  const { log_group: group, log_stream: stream } = surroundings.settings;
  const target = { group, stream: stream.replaceAll('{org}', batch.orgId || 'test') };
  const rejected: { index: number; reason: string }[] = [];
  const again: { index: number; reason: string }[] = [];
  let bytesSent = 0;
  const calls = callsOf(batch.events);
  for (const [i, events] of calls.entries()) {
    try {
      const result = await putEvents(call, target, events, surroundings);
      rejected.push(...result.rejected);
      bytesSent += result.bytesSent;
    } catch (error) {
      if (i === 0 || !(error instanceof RetryableError)) throw error;
      again.push(...calls.slice(i).flatMap((rest) => rest.map(({ index }) => ({ index, reason: error.message }))));
      break;
    }
  }
  return { rejected, again, bytesSent, status: '200' };
}

/** A harmless call. That the credentials may not list groups is no fault: nothing else needs it. */
async function checkCredentials(call: CloudWatchCall, surroundings: Surroundings): Promise<string> {
  const { settings, strip, signal } = surroundings;
  const body = JSON.stringify({ logGroupNamePrefix: settings.log_group, limit: 1 });
  const response = await call('DescribeLogGroups', body, signal);
  const { code } = awsErrorOf(response);
  if (response.status === 400 && code.startsWith('AccessDenied'))
    return 'The credentials are valid; they may not list groups.';
  throwUnlessDone(response, settings, strip, 'DescribeLogGroups');
  return `The credentials are valid in ${settings.region}.`;
}
