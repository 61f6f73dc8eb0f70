import type { z } from 'zod';
import type { LogLevel } from '../../../control/log-levels.ts';
import { formatMs } from '../../render-event.ts';
import type { logLevelSchema } from '../../wire/producers.ts';

export const renderLogLevel = ({
  service,
  logger,
  level,
  setAtMs,
  untilMs,
}: LogLevel): z.input<typeof logLevelSchema> => ({
  service,
  logger,
  level,
  set_at: formatMs(setAtMs),
  until: untilMs === null ? null : formatMs(untilMs),
});
