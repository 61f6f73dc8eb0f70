/** How many events waited at a time, milliseconds since the epoch. */
export interface LagSample {
  ms: number;
  events: number;
}

/** Half an hour at three seconds. */
const SAMPLES_MAX = 600;

/** The samples with one more; the same answer counts once, and the oldest go. */
export function addSample(samples: readonly LagSample[], sample: LagSample): readonly LagSample[] {
  const last = samples.at(-1);
  if (last !== undefined && last.ms >= sample.ms) return samples;
  return [...samples.slice(-(SAMPLES_MAX - 1)), sample];
}
