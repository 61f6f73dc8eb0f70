import { z } from 'zod';
import { portAutoOrOff, portOrOff } from '../../config/values.ts';

/** What every OpenTelemetry SDK sends to unless it is told otherwise. */
export const HTTP_PORT = 4318;
export const GRPC_PORT = 4317;

export const otlpConfig = z.strictObject({
  http: portAutoOrOff(HTTP_PORT)
    .default('auto')
    .describe(
      `Second HTTP port. \`auto\` is ${HTTP_PORT}, the default of every OpenTelemetry SDK; taken by another program, it is a warning. \`off\` opens none.`,
    ),
  grpc: portAutoOrOff(GRPC_PORT)
    .default('auto')
    .describe(
      `Port for OTLP over gRPC. \`auto\` is ${GRPC_PORT}, the default of every OpenTelemetry SDK; taken by another program, it is a warning. \`off\` opens none.`,
    ),
  grpcTls: portOrOff()
    .default('off')
    .describe('Port for OTLP over gRPC with TLS. Needs `receivers.tls.cert` and `.key`.'),
});
