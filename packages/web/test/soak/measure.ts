import type { CDPSession, Page } from 'playwright-core';

/** Times between frames and long tasks, gathered in the page from the first document on. */
export const FRAME_WATCH = `
  window.__frames = { deltas: [], longTasks: [] };
  let before = performance.now();
  const onFrame = (now) => {
    window.__frames.deltas.push(now - before);
    before = now;
    requestAnimationFrame(onFrame);
  };
  requestAnimationFrame(onFrame);
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.__frames.longTasks.push(duration);
  }).observe({ entryTypes: ['longtask'] });
`;

export interface Frames {
  /** ms between two frames. */
  deltas: number[];
  /** ms of tasks longer than 50 ms. */
  longTasks: number[];
}

/** What came since the last call. */
export const takeFrames = (page: Page): Promise<Frames> =>
  page.evaluate(
    '(() => { const taken = window.__frames; window.__frames = { deltas: [], longTasks: [] }; return taken; })()',
  ) as Promise<Frames>;

/** The value below which that share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export function describeFrames({ deltas, longTasks }: Frames): string {
  const slow = deltas.filter((delta) => delta > 50).length;
  const share = deltas.length === 0 ? 0 : (100 * slow) / deltas.length;
  return (
    `${deltas.length} frames: p50 ${quantile(deltas, 0.5).toFixed(1)}, p99 ${quantile(deltas, 0.99).toFixed(1)}, ` +
    `longest ${Math.max(0, ...deltas).toFixed(0)} ms, ${share.toFixed(2)} % above 50 ms; ` +
    `${longTasks.length} long tasks, longest ${Math.max(0, ...longTasks).toFixed(0)} ms`
  );
}

export interface Memory {
  heapMib: number;
  domNodes: number;
}

/** What is left after everything that nobody holds is gone. */
export async function memoryOf(cdp: CDPSession): Promise<Memory> {
  await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  const metric = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? 0;
  return { heapMib: metric('JSHeapUsedSize') / 2 ** 20, domNodes: metric('Nodes') };
}

/** ms from the start of `act` until `isDone`, an expression of the page, holds at the end of a frame. */
export async function timed(page: Page, act: () => Promise<unknown>, isDone: string): Promise<number> {
  await page.evaluate(`(() => {
    window.__done = new Promise((resolve) => {
      const look = (now) => (${isDone} ? resolve(performance.now()) : requestAnimationFrame(look));
      window.__startWatching = () => requestAnimationFrame(look);
    });
    const start = () => {
      window.__startedAt = performance.now();
      window.__startWatching();
    };
    addEventListener('keydown', start, { capture: true, once: true });
    addEventListener('pointerdown', start, { capture: true, once: true });
  })()`);
  await act();
  return (await page.evaluate('window.__done.then((at) => at - window.__startedAt)')) as number;
}
