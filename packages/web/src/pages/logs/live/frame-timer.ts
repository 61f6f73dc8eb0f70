/** Runs something at the beginning of a frame, once however often it is asked, and no more often than the interval says. */
export function frameTimer(intervalMs: () => number, run: () => void) {
  let frame: number | null = null;
  let ranMs = 0;
  const onFrame = (nowMs: number) => {
    frame = null;
    if (nowMs - ranMs < intervalMs()) {
      frame = requestAnimationFrame(onFrame);
      return;
    }
    ranMs = nowMs;
    run();
  };
  return {
    ask(): void {
      frame ??= requestAnimationFrame(onFrame);
    },
    cancel(): void {
      if (frame !== null) cancelAnimationFrame(frame);
      frame = null;
    },
  };
}
