import { z } from 'zod';
import type { BatchLimits } from '../../destination.ts';
import { payloadMappingSchema } from '../payload.ts';

const MIB = 1024 * 1024;

/** What every destination that keeps events in objects asks for. */
export const objectFields = {
  prefix: z
    .string()
    .max(512)
    // No empty, `.` and `..` parts: URLs would lose them, and the signature with them.
    .regex(
      /^(?!.*(?:^|\/)\.{0,2}(?:\/|$))[\w!.*'()=/-]*$|^$/,
      "path parts of letters, digits and !-_.*'()=, without slashes around",
    )
    .default('')
    .meta({ description: 'What names of objects begin with, such as logs/tailwater; `ORG/YYYY/MM/DD/HH/` follows.' }),
  partition_by: z.enum(['event', 'arrival']).default('event').meta({
    description:
      'Hour in the names: of the event itself, or of its arrival here, which puts what is late into new hours.',
  }),
  object_bytes_max: z
    .int()
    .min(64 * 1024)
    .max(128 * MIB)
    .default(32 * MIB)
    .meta({
      description: 'Size of an object before compression, bytes; then the next begins. About a tenth is stored.',
    }),
  object_age_s_max: z
    .int()
    .min(1)
    .max(3600)
    .default(300)
    .meta({ description: 'How long the first event of an object waits for others, seconds.' }),
  format: z.enum(['ndjson', 'parquet']).default('ndjson').meta({
    description:
      'ndjson: one JSON event a line, gzip. parquet: columns in the platform’s names, zstd; the mapping below is not used.',
  }),
  payload: payloadMappingSchema('platform'),
};

const objectConfig = z.object(objectFields);
export type ObjectConfig = z.output<typeof objectConfig>;

/** Objects hold any line; memory does not. */
export const OBJECT_EVENT_BYTES_MAX = 16 * MIB;

export function objectLimits(config: ObjectConfig): BatchLimits {
  return {
    eventsMax: 500_000,
    bytesMax: config.object_bytes_max,
    eventBytesMax: Math.min(OBJECT_EVENT_BYTES_MAX, config.object_bytes_max),
    // The line's end.
    overheadBytes: 1,
    ageMsMax: config.object_age_s_max * 1000,
    // Objects have no order, but two batches at a time are twice the memory.
    concurrency: 1,
  };
}
