import type { z } from 'zod';
import type { SavedView } from '../../../control/saved-views.ts';
import { formatMs } from '../../render-event.ts';
import type { savedViewSchema } from '../../wire/saved-views.ts';

export function renderView({ createdAtMs, updatedAtMs, ...view }: SavedView): z.output<typeof savedViewSchema> {
  return { ...view, created_at: formatMs(createdAtMs), updated_at: formatMs(updatedAtMs) };
}
