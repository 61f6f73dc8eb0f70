import { z } from 'zod';
import { EXPORT_KEPT_MS, type ExportJob } from '../../../exports/exports.ts';
import { formatMs } from '../../render-event.ts';
import type { exportSchema } from '../../wire/exports.ts';

export const exportIdSchema = z.strictObject({ export_id: z.string() });

export function renderExport(job: ExportJob): z.output<typeof exportSchema> {
  return {
    id: job.id,
    format: job.plan.format,
    state: job.state,
    events_total: job.eventsTotal,
    events_written: job.eventsWritten,
    bytes_written: job.bytesWritten,
    error: job.error,
    created_at: formatMs(job.createdAtMs),
    expires_at: formatMs(job.createdAtMs + EXPORT_KEPT_MS),
  };
}
