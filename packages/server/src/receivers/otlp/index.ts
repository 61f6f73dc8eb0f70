import { PermanentError } from '../../runtime/errors.ts';
import type { Receiver, ReceiverRoute, RequestHead } from '../receiver.ts';
import { mediaType } from '../util/answers.ts';
import { decodeJson } from './decode-json.ts';
import { decodeProtobuf } from './decode-protobuf.ts';
import { grpc, grpcTls } from './grpc.ts';
import { JSON_TYPE, PROTOBUF_TYPE, respond, respondAsLoki } from './respond.ts';

function route(path: string, answer: ReceiverRoute['respond']): ReceiverRoute {
  return {
    method: 'POST',
    path,
    contentTypes: [PROTOBUF_TYPE, JSON_TYPE],
    format,
    encodings: () => ['identity', 'gzip', 'deflate', 'zstd', 'snappy'],
    decode: (body, batch, { format }) => (format === 'json' ? decodeJson : decodeProtobuf)(body, batch),
    respond: answer,
  };
}

function format({ headers }: RequestHead): string {
  const type = mediaType(headers['content-type']);
  if (type === PROTOBUF_TYPE) return 'protobuf';
  if (type === JSON_TYPE) return 'json';
  throw new PermanentError(
    'unsupported_media_type',
    `this path reads OTLP: send ${PROTOBUF_TYPE} or ${JSON_TYPE}`,
    'Content-Type',
  );
}

/** OpenTelemetry's logs: over HTTP as protobuf and as JSON, and over gRPC. See README.md. */
export const otlp: Receiver = {
  id: 'otlp',
  summary: 'OpenTelemetry logs (OTLP)',
  routes: [
    route('/v1/logs', respond),
    route('/otlp/v1/logs', respondAsLoki),
    route('/insert/opentelemetry/v1/logs', respond),
  ],
  listeners: [grpc, grpcTls],
};
