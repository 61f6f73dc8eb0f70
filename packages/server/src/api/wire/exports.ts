import { z } from 'zod';
import { EXPORT_FORMATS, EXPORT_STATES } from '../../exports/exports.ts';

const COLUMNS_MAX = 200;
const QUERY_CHARACTERS_MAX = 16_384;
const count = z.int().min(0);

export const exportBodySchema = z
  .strictObject({
    format: z.enum(EXPORT_FORMATS),
    query: z
      .string()
      .max(QUERY_CHARACTERS_MAX)
      .meta({ description: 'The query string of GET /api/logs. page, page_size, cursor and count mean nothing here.' }),
    columns: z
      .array(z.string().min(1).max(1_000))
      .min(1)
      .max(COLUMNS_MAX)
      .optional()
      .meta({ description: 'Of csv: fields of an event, `attr.NAME`, `label.NAME`. Default: every field.' }),
  })
  .meta({ id: 'ExportBody' });

export const exportSchema = z
  .strictObject({
    id: z.string(),
    format: z.enum(EXPORT_FORMATS),
    state: z.enum(EXPORT_STATES).meta({
      description: 'ready: its file may be downloaded, once. failed: the download broke off; `error` says why.',
    }),
    events_total: count.meta({ description: 'Events that matched when it was made.' }),
    events_written: count,
    bytes_written: count,
    error: z.string().nullable(),
    created_at: z.string(),
    expires_at: z.string().meta({ description: 'When it is forgotten, unless it is being downloaded.' }),
  })
  .meta({ id: 'Export' });
