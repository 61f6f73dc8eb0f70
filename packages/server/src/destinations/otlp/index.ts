import type { Egress } from '../../runtime/egress/egress.ts';
import { isKnownError, PermanentError } from '../../runtime/errors.ts';
import type { DeliveryBatch, Destination, DestinationType, EncodedEvent, Settings } from '../destination.ts';
import { failureOf, isSuccess, type Strip } from '../util/answers.ts';
import { compressed } from '../util/body.ts';
import { encodeWithin } from '../util/cut.ts';
import { firstSet, givenOnly, givenSecrets } from '../util/environment.ts';
import { httpCaller, urlUnder } from '../util/http.ts';
import { secretStripper } from '../util/secrets.ts';
import { adviseClientCertificate, CLIENT_KEY, clientTls } from '../util/tcp.ts';
import { type AdviceOf, runMarkedEvent, runStep } from '../util/test-steps.ts';
import { resultOf, statusMessage } from './answer.ts';
import { type OtlpConfig, otlpConfig } from './config.ts';
import { encodeEvent, exportRequest } from './encode.ts';
import { createGrpcClient } from './grpc.ts';
import { readHeaders } from './headers.ts';

/** gRPC servers take 4 MiB a message unless told otherwise: https://grpc.io/docs/guides/ */
const BODY_BYTES_MAX = 4_000_000;
const EVENT_BYTES_MAX = 1_000_000;
const EVENTS_MAX = 5000;
/** Tags and lengths of resource and scope, which each event may have for itself. */
const OVERHEAD_BYTES = 16;
const LOGS_PATH = '/v1/logs';

/** OpenTelemetry's protocol: the Collector, and the backends that take it. */
export const otlp: DestinationType<OtlpConfig> = {
  id: 'otlp',
  title: 'OpenTelemetry (OTLP)',
  config: otlpConfig,
  secrets: [
    {
      name: 'headers',
      title: 'Secret headers',
      description: 'Such as `authorization=Bearer%20TOKEN` or `api-key=KEY`; one a line.',
      required: false,
      multiline: true,
    },
    CLIENT_KEY,
  ],
  limits: () => ({
    eventsMax: EVENTS_MAX,
    bytesMax: BODY_BYTES_MAX,
    eventBytesMax: EVENT_BYTES_MAX,
    overheadBytes: OVERHEAD_BYTES,
    ageMsMax: 1000,
    concurrency: 4,
  }),
  fromEnvironment,
  encode: (event) => encodeWithin(event, EVENT_BYTES_MAX, encodeEvent),
  open: (settings, { egress }) => openOtlp(settings, egress),
};

/** https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Settings<unknown> | null {
  const own = firstSet(environment, 'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT');
  const url = own ?? firstSet(environment, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  if (url === undefined) return null;
  const protocol = firstSet(environment, 'OTEL_EXPORTER_OTLP_LOGS_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL');
  const compression = firstSet(environment, 'OTEL_EXPORTER_OTLP_LOGS_COMPRESSION', 'OTEL_EXPORTER_OTLP_COMPRESSION');
  const headers = firstSet(environment, 'OTEL_EXPORTER_OTLP_LOGS_HEADERS', 'OTEL_EXPORTER_OTLP_HEADERS');
  const members = { url, compression, protocol: protocol === 'grpc' ? 'grpc' : undefined };
  return { config: otlpConfig.parse(givenOnly(members)), secrets: givenSecrets({ headers }) };
}

interface Sent {
  response: Buffer;
  status: string;
  bytesSent: number;
}

/** One request of these events, over HTTP or gRPC. */
type Send = (events: readonly EncodedEvent[], signal: AbortSignal) => Promise<Sent>;

function openOtlp({ config, secrets }: Settings<OtlpConfig>, egress: Egress): Destination {
  const strip = headerStripper(secrets);
  const allHeaders = () => ({ ...config.headers, ...readHeaders(secrets.headers ?? '') });
  const { send, close } =
    config.protocol === 'grpc'
      ? overGrpc(config, secrets, egress, allHeaders, strip)
      : { send: overHttp(config, secrets, egress, allHeaders, strip), close: () => {} };
  const deliver = async ({ events }: Pick<DeliveryBatch, 'events'>, signal: AbortSignal) =>
    resultOf(await send(events, signal), events, config, strip);
  return {
    deliver,
    test: async (marked, report, signal) => {
      const run = { report, signal, advise };
      const isTaken = await runStep('credentials', run, async () => {
        const { status } = await sendNothing(send, signal);
        return `The destination answered ${status} to a request without events.`;
      });
      if (isTaken) await runMarkedEvent(marked, run, deliver);
    },
    close: async () => close(),
  };
}

/** Some receivers refuse a request without events (Loki with 422), which shows all the same that they take requests. */
async function sendNothing(send: Send, signal: AbortSignal): Promise<Pick<Sent, 'status'>> {
  try {
    return await send([], signal);
  } catch (error) {
    if (isKnownError(error) && error.code === 'destination_rejected') return { status: 'a refusal, as expected,' };
    throw error;
  }
}

/** Values of headers are secrets each by itself. */
function headerStripper(secrets: Settings<unknown>['secrets']): Strip {
  const pairs = (secrets.headers ?? '').split(/[\n,]/).map((pair) => pair.slice(pair.indexOf('=') + 1).trim());
  const values = pairs.flatMap((value) => [value, value.replace(/%20/g, ' '), value.replace(/^\S+(?:%20| )/, '')]);
  return secretStripper({ ...secrets, ...Object.fromEntries(values.map((value, i) => [`header${i}`, value])) });
}

function overHttp(
  config: OtlpConfig,
  secrets: Settings<unknown>['secrets'],
  egress: Egress,
  headersOf: () => Record<string, string>,
  strip: Strip,
): Send {
  const call = httpCaller(egress, config, strip, clientTls(config, secrets));
  const url = new URL(config.url).pathname.endsWith(LOGS_PATH) ? config.url : urlUnder(config.url, LOGS_PATH);
  return async (events, signal) => {
    const request = exportRequest(events);
    const { body, headers } =
      config.compression === 'gzip' ? await compressed(request) : { body: request, headers: {} };
    const all = { ...headersOf(), ...headers, 'content-type': 'application/x-protobuf' };
    const response = await call({ method: 'POST', url, headers: all, body, signal });
    const status = String(response.status);
    if (isSuccess(response)) return { response: response.body, status, bytesSent: body.length };
    throw failureOf({ ...response, body: statusMessage(response.body, response.headers['content-type']) }, strip);
  };
}

function overGrpc(
  config: OtlpConfig,
  secrets: Settings<unknown>['secrets'],
  egress: Egress,
  headersOf: () => Record<string, string>,
  strip: Strip,
): { send: Send; close: () => void } {
  const tls = { ...(config.ca !== undefined && { ca: config.ca }), ...clientTls(config, secrets) };
  const client = createGrpcClient(egress, { url: config.url, tls, strip });
  const send: Send = async (events, signal) => {
    const message = exportRequest(events);
    const isCompressed = config.compression === 'gzip';
    const sent = await client.call({ message, isCompressed, headers: headersOf(), signal });
    return { ...sent, status: 'OK' };
  };
  return { send, close: client.close };
}

const advise: AdviceOf = (error) => {
  const ofCertificate = adviseClientCertificate(error);
  if (ofCertificate !== undefined || error.code !== 'destination_unauthorized') return ofCertificate;
  return {
    field: (error instanceof PermanentError ? error.field : undefined) ?? 'headers',
    advice: 'Set the header that the destination asks for, often `authorization=Bearer%20TOKEN` or `api-key=KEY`.',
  };
};
