import { type RefObject, useCallback, useRef } from 'react';
import type { LiveTail } from '../live/use-live-tail.ts';

/** So far down, somebody reads: what is under the eyes must not move. */
const AWAY_PX = 8;

/** Live rows come in at the top as long as one is there. Who scrolls away or chooses a row stops them. */
export function useFollow(live: LiveTail | null, scroller: RefObject<HTMLDivElement | null>) {
  const latest = useRef(live);
  latest.current = live;
  /** Coming back to the top goes on, unless somebody pressed pause or chose a row. */
  const isPausedByScroll = useRef(false);
  const onScroll = useCallback(() => {
    const now = latest.current;
    const top = scroller.current?.scrollTop ?? 0;
    if (now === null) return;
    if (!now.isPaused && top > AWAY_PX) {
      isPausedByScroll.current = true;
      now.pause();
    } else if (now.isPaused && isPausedByScroll.current && top === 0) now.resume();
  }, [scroller]);
  const hold = useCallback(() => {
    isPausedByScroll.current = false;
    if (latest.current?.isPaused === false) latest.current.pause();
  }, []);
  const resume = useCallback(() => {
    scroller.current?.scrollTo({ top: 0 });
    latest.current?.resume();
  }, [scroller]);
  return { isFollowing: live !== null && !live.isPaused, onScroll, hold, resume };
}
