import { PermanentError } from '../../runtime/errors.ts';
import type {
  Decode,
  HttpAnswer,
  IngestOutcome,
  ProbeRequest,
  Receiver,
  ReceiverProbe,
  ReceiverRoute,
  RequestHead,
} from '../receiver.ts';
import { AckChannels } from './ack-channels.ts';
import { ackIdsOf, credential, failureAnswer, hecAnswer, rejectionAnswer } from './answers.ts';
import { HEC, HEC_TEXT } from './codes.ts';
import { decodeEvents, decodeRaw } from './decode.ts';

const EVENT_PATHS = ['/services/collector', '/services/collector/event', '/services/collector/event/1.0'];
const RAW_PATHS = ['/services/collector/raw', '/services/collector/raw/1.0'];
const HEALTH_PATHS = ['/services/collector/health', '/services/collector/health/1.0'];
const ACK_PATH = '/services/collector/ack';

/** Splunk's HTTP Event Collector. See README.md. `now` is the clock of the channels. */
export function createSplunkHec(now: () => number = Date.now): Receiver {
  const channels = new AckChannels();
  const route = (path: string, format: string, decode: Decode): ReceiverRoute => ({
    method: 'POST',
    path,
    contentTypes: [format === 'raw' ? 'text/plain' : 'application/json'],
    format: (head) => {
      channelOf(head);
      return format;
    },
    encodings: () => ['identity', 'gzip', 'deflate', 'zstd', 'snappy'],
    decode,
    respond: (outcome, head) => respond(outcome, head, channels, now),
  });
  return {
    id: 'splunk-hec',
    summary: 'Splunk’s HTTP Event Collector',
    keyPlaces: ['Authorization: Splunk KEY', '?token=KEY'],
    routes: [
      ...EVENT_PATHS.map((path) =>
        route(path, 'event', (body, batch, request) => decodeEvents(body, batch, request.query)),
      ),
      ...RAW_PATHS.map((path) => route(path, 'raw', (body, batch, request) => decodeRaw(body, batch, request.query))),
    ],
    probes: [
      { methods: ['POST'], path: ACK_PATH, needsKey: true, answer: (probe) => answerAck(probe, channels, now) },
      ...HEALTH_PATHS.map((path) => ({ methods: ['GET', 'HEAD'], path, needsKey: false, answer: answerHealth })),
      ...optionsProbes(HEALTH_PATHS, 'GET, HEAD, OPTIONS'),
      ...optionsProbes([...EVENT_PATHS, ...RAW_PATHS], 'POST, OPTIONS'),
    ],
    credential,
  };
}

export const splunkHec: Receiver = createSplunkHec();

/**
 * Docker's driver asks with OPTIONS before it starts a container, and wants 200:
 * https://github.com/moby/moby/blob/master/daemon/logger/splunk/splunk.go
 */
function optionsProbes(paths: readonly string[], allow: string): ReceiverProbe[] {
  const answer = (): HttpAnswer => ({ status: 200, headers: { allow }, body: '' });
  return paths.map((path) => ({ methods: ['OPTIONS'], path, needsKey: false, answer }));
}

const CHANNEL_HEADER = 'x-splunk-request-channel';
const GUID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** The request's channel, null when it names none. Throws PermanentError when it is no GUID. */
function channelOf({ headers, query }: RequestHead): string | null {
  const channel = headers[CHANNEL_HEADER] ?? query.get('channel') ?? '';
  if (channel === '') return null;
  if (GUID.test(channel)) return channel.toLowerCase();
  const message = `${HEC_TEXT[HEC.invalidChannel]}: it is a GUID`;
  throw new PermanentError('invalid_parameter', message, 'channel');
}

function respond(outcome: IngestOutcome, head: RequestHead, channels: AckChannels, now: () => number): HttpAnswer {
  if (outcome.kind === 'failed') return failureAnswer(outcome.error, head);
  if (outcome.receipt.rejectedCount > 0) return rejectionAnswer(outcome.receipt);
  const channel = channelOf(head);
  if (channel === null) return hecAnswer(200, HEC.success);
  return hecAnswer(200, HEC.success, { ackId: channels.add(outcome.orgId, channel, now()) });
}

function answerHealth({ isReady }: ProbeRequest): HttpAnswer {
  return isReady ? hecAnswer(200, HEC.healthy) : hecAnswer(503, HEC.unhealthy);
}

function answerAck({ head, body, orgId, error }: ProbeRequest, channels: AckChannels, now: () => number): HttpAnswer {
  if (error !== null) return failureAnswer(error, head);
  // The key was found, so there is an org.
  if (orgId === null) return hecAnswer(401, HEC.tokenRequired);
  try {
    const channel = channelOf(head);
    if (channel === null) return hecAnswer(400, HEC.channelMissing);
    const ids = ackIdsOf(body);
    const told = channels.take(orgId, channel, ids, now());
    const acks = Object.fromEntries(ids.map((id, i) => [String(id), told[i]]));
    return {
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ acks }),
    };
  } catch (caught) {
    if (caught instanceof PermanentError) return failureAnswer(caught, head);
    throw caught;
  }
}
