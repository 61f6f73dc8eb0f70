import { ERROR, SEVERITIES } from './severity.ts';
import type { SampleOptions } from './types.ts';

/** Digits of a trace id that decide: the random ones of a W3C trace id are its last 14, of which a number holds 13. */
const DIGITS_FROM = -14;
const DIGITS_TO = -1;
const DIGITS_RANGE = 16 ** 13;

/** Where in [0, 1) a trace stands: the same in every program, and where OpenTelemetry's samplers see it. */
export function placeOfTrace(traceId: string): number {
  const digits = traceId.slice(DIGITS_FROM, DIGITS_TO);
  if (/^[0-9a-f]{13}$/i.test(digits)) return Number.parseInt(digits, 16) / DIGITS_RANGE;
  // FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/
  let hash = 0x811c9dc5;
  for (let i = 0; i < traceId.length; i++) hash = Math.imul(hash ^ traceId.charCodeAt(i), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}

/** Which events are kept. The shares by severity are met by counting, those of traces by the trace's id: no chance in it. */
export class Sampler {
  private readonly shares: readonly number[];
  private readonly debts: number[];
  private readonly traceShare: number;

  constructor({ bySeverity = {}, byTrace = 1 }: SampleOptions) {
    this.shares = SEVERITIES.map((severity) => clamp(bySeverity[severity] ?? 1));
    this.debts = SEVERITIES.map(() => 0);
    this.traceShare = clamp(byTrace);
  }

  /** False when every event is kept. */
  get isOn(): boolean {
    return this.traceShare < 1 || this.shares.some((share) => share < 1);
  }

  keeps(rank: number, traceId: string | undefined): boolean {
    // OpenTelemetry keeps a trace when its place is at or above 1 - share.
    if (rank < ERROR && traceId !== undefined && this.traceShare < 1 && placeOfTrace(traceId) < 1 - this.traceShare) {
      return false;
    }
    const share = this.shares[rank];
    if (share === 1) return true;
    this.debts[rank] += share;
    if (this.debts[rank] < 1) return false;
    this.debts[rank] -= 1;
    return true;
  }
}

const clamp = (share: number): number => (share >= 0 && share <= 1 ? share : 1);
