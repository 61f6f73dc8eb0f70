import { eventIdOf, parseEventId } from '@tailwater/schema';
import { z } from 'zod';
import type { TailPlace } from '../../../consumers/live-tail/wire.ts';
import { type EventsQuestion, questionOf } from '../../events.ts';
import { filterParameters, rangeParameters } from '../../wire/filters.ts';
import { integerParameter } from '../../wire/parameters.ts';

const BACKFILL_DEFAULT = 100;
/** It is sent as one piece, before the first live event. */
const BACKFILL_MAX = 1000;

export const tailParameters = z.strictObject({
  ...filterParameters,
  from: rangeParameters.from.meta({
    description: 'How far back the backfill looks, in the forms of GET /api/logs. Default -24h.',
  }),
  backfill: integerParameter(0, BACKFILL_MAX)
    .optional()
    .meta({
      description: `How many of the newest stored events come first, oldest first. Default ${BACKFILL_DEFAULT}; 0: none.`,
    }),
});

/** What a reader asks the tail for. */
export interface TailQuestion extends EventsQuestion {
  backfill: number;
  /** Where an earlier connection ended; `unknown` when its id is none of this server's. Null for a first connection. */
  resume: TailPlace | 'unknown' | null;
}

/** @throws PermanentError `invalid_parameter` or `invalid_query` naming the parameter. */
export function tailQuestionOf(
  query: z.output<typeof tailParameters>,
  lastEventId: string | undefined,
  { node, nowMs }: { node: number; nowMs: number },
): TailQuestion {
  return {
    ...questionOf(query, nowMs),
    backfill: query.backfill ?? BACKFILL_DEFAULT,
    resume: lastEventId === undefined || lastEventId === '' ? null : resumePlace(lastEventId, node),
  };
}

/** Behind every event of a frame: a frame has far fewer. */
const INDEX_MAX = 0xffffff;

/** The id that stands for a place: that of the event before it, or one past all events of the frame before it. */
export function placeId({ frame, index }: TailPlace, node: number): string {
  return index > 0
    ? eventIdOf({ node, frame, index: index - 1 })
    : eventIdOf({ node, frame: frame - 1, index: INDEX_MAX });
}

/** The place just behind an id that the tail sent. */
function resumePlace(lastEventId: string, node: number): TailPlace | 'unknown' {
  const last = parseEventId(lastEventId);
  if (last === null || last.node !== node) return 'unknown';
  return last.index === INDEX_MAX ? { frame: last.frame + 1, index: 0 } : { frame: last.frame, index: last.index + 1 };
}
