import { z } from 'zod';
import { portOrOff } from '../../config/values.ts';

export const otlpConfig = z.strictObject({
  http: portOrOff()
    .default(4318)
    .describe('Second HTTP port, the default of every OpenTelemetry SDK. Opened where it is free; `off` opens none.'),
  grpc: portOrOff()
    .default(4317)
    .describe(
      'Port for OTLP over gRPC, the default of every OpenTelemetry SDK. Opened where it is free; `off` opens none.',
    ),
});
