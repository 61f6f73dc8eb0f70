import type { JsonObject } from './json.ts';
import { monthlyCost, OWN_STORAGE, VENDORS, type Volume } from './prices.ts';

const DAY_MS = 86_400_000;
/** Days of storage that are reckoned, beside the retention asked for. */
const TIERS_DAYS = [7, 30, 90, 365];

/** What of events came on one day. */
export interface VolumeGroup {
  startMs: number;
  logType: string;
  service: string;
  severity: string;
  events: number;
  /** Of message and metadata. */
  bytes: number;
}

export interface OrgVolume {
  /** Empty: the org of the key. */
  org: string;
  /** Since when it was counted. */
  fromMs: number;
  groups: readonly VolumeGroup[];
}

/** Of events with this value so many are kept; of several rules that fit, the first counts. */
export interface SampleRule {
  field: 'severity' | 'logType' | 'service';
  value: string;
  /** 0 to 1. */
  keep: number;
}

export interface Breakdown {
  org: string;
  log_type: string;
  service: string;
  events: number;
  text_bytes: number;
}

interface PerDay {
  events: number;
  text_bytes: number;
  json_bytes: number;
}

/** Numbers are of a day, of a month (30 days) or of all that is kept, as they are named. */
export interface Estimate {
  days: number;
  retention_days: number;
  json_bytes_per_event: number;
  disk_bytes_per_event: number | null;
  per_day: PerDay;
  /** The same with the sampling rules; null without any. */
  sampled: PerDay | null;
  breakdown: Breakdown[];
  storage: { retention_days: number; events: number; bytes: number | null; sampled_bytes: number | null }[];
  costs: {
    id: string;
    name: string;
    plan: string;
    usd_per_month: number | null;
    sampled_usd_per_month: number | null;
    as_of: string;
    source: string;
  }[];
  notes: string[];
}

export interface EstimateInput {
  volumes: readonly OrgVolume[];
  days: number;
  retentionDays: number;
  diskBytesPerEvent: number | null;
  /** Newest events: what they are as JSON beyond their text is what all are. */
  measured: readonly JsonObject[];
  rules: readonly SampleRule[];
}

export function estimateOf(input: EstimateInput): Estimate {
  const { volumes, days, retentionDays, diskBytesPerEvent, rules } = input;
  const beside = jsonBytesBeside(input.measured);
  const perDay = sumOf(volumes, days, beside, () => 1);
  const sampled = rules.length === 0 ? null : sumOf(volumes, days, beside, (group) => shareKept(group, rules));
  const tiers = [...new Set([...TIERS_DAYS, retentionDays])].sort((a, b) => a - b);
  const onDisk = ({ events }: PerDay, kept: number) =>
    diskBytesPerEvent === null ? null : Math.round(events * kept * diskBytesPerEvent);
  return {
    days,
    retention_days: retentionDays,
    json_bytes_per_event: perDay.events === 0 ? 0 : Math.round(perDay.json_bytes / perDay.events),
    disk_bytes_per_event: diskBytesPerEvent,
    per_day: perDay,
    sampled,
    breakdown: breakdownOf(volumes, days),
    storage: tiers.map((kept) => ({
      retention_days: kept,
      events: Math.round(perDay.events * kept),
      bytes: onDisk(perDay, kept),
      sampled_bytes: sampled && onDisk(sampled, kept),
    })),
    costs: costsOf(perDay, sampled, retentionDays, onDisk),
    notes: notesOf(input, sampled, perDay),
  };
}

/** Bytes of an event as JSON that are not of its message and metadata. */
function jsonBytesBeside(events: readonly JsonObject[]): number {
  if (events.length === 0) return 0;
  const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? '');
  const beside = events.map((event) => size(event) - size(event.message) - size(event.metadata));
  return beside.reduce((sum, bytes) => sum + bytes, 0) / events.length;
}

function sumOf(
  volumes: readonly OrgVolume[],
  days: number,
  beside: number,
  share: (group: VolumeGroup) => number,
): PerDay {
  const sum = { events: 0, bytes: 0 };
  for (const group of volumes.flatMap(({ groups }) => groups)) {
    sum.events += group.events * share(group);
    sum.bytes += group.bytes * share(group);
  }
  return {
    events: Math.round((sum.events / days) * 10) / 10,
    text_bytes: Math.round(sum.bytes / days),
    json_bytes: Math.round((sum.bytes + sum.events * beside) / days),
  };
}

function shareKept(group: VolumeGroup, rules: readonly SampleRule[]): number {
  return rules.find(({ field, value }) => group[field] === value)?.keep ?? 1;
}

function breakdownOf(volumes: readonly OrgVolume[], days: number): Breakdown[] {
  const rows = new Map<string, Breakdown>();
  for (const { org, groups } of volumes) {
    for (const { logType, service, events, bytes } of groups) {
      const key = JSON.stringify([org, logType, service]);
      const row = rows.get(key) ?? { org, log_type: logType, service, events: 0, text_bytes: 0 };
      row.events += events / days;
      row.text_bytes += bytes / days;
      rows.set(key, row);
    }
  }
  return [...rows.values()]
    .map((row) => ({ ...row, events: Math.round(row.events * 10) / 10, text_bytes: Math.round(row.text_bytes) }))
    .sort((a, b) => b.text_bytes - a.text_bytes || (a.service < b.service ? -1 : 1));
}

function costsOf(
  perDay: PerDay,
  sampled: PerDay | null,
  retentionDays: number,
  onDisk: (perDay: PerDay, kept: number) => number | null,
): Estimate['costs'] {
  const volumeOf = ({ events, json_bytes }: PerDay): Volume => ({ eventsPerDay: events, bytesPerDay: json_bytes });
  const cents = (usd: number) => Math.round(usd * 100) / 100;
  const own = OWN_STORAGE.map(({ id, name, plan, perGbMonth, asOf, source }) => {
    const cost = (of: PerDay) => {
      const bytes = onDisk(of, retentionDays);
      return bytes === null ? null : cents((bytes / 1e9) * perGbMonth);
    };
    const prices = { usd_per_month: cost(perDay), sampled_usd_per_month: sampled && cost(sampled) };
    return { id, name, plan, ...prices, as_of: asOf, source };
  });
  const vendors = VENDORS.map((vendor) => {
    const { id, name, plan, asOf, source } = vendor;
    const cost = (of: PerDay) => cents(monthlyCost(vendor, volumeOf(of), retentionDays));
    const prices = { usd_per_month: cost(perDay), sampled_usd_per_month: sampled && cost(sampled) };
    return { id, name, plan, ...prices, as_of: asOf, source };
  });
  return [...own, ...vendors.sort((a, b) => a.usd_per_month - b.usd_per_month)];
}

function notesOf(input: EstimateInput, sampled: PerDay | null, perDay: PerDay): string[] {
  const { volumes, days, rules } = input;
  const notes = ['List prices without the machine that Tailwater runs on: docs/reference/prices.md.'];
  const { diskBytesPerEvent, measured } = input;
  if (diskBytesPerEvent !== null && measured.length > 0 && diskBytesPerEvent > perDay.json_bytes / perDay.events) {
    notes.push(
      'An event takes more on disk than as JSON: there are few yet, in small files. With more it takes a fraction.',
    );
  }
  const starts = volumes.flatMap(({ groups }) => groups.map(({ startMs }) => startMs));
  const wantedMs = Math.min(...volumes.map(({ fromMs }) => fromMs));
  const firstMs = Math.min(...starts);
  // Intervals are days: one that began before the range still holds what came in it.
  if (starts.length > 0 && firstMs > wantedMs + DAY_MS) {
    notes.push(
      `The first events are of ${new Date(firstMs).toISOString().slice(0, 10)}: a day has more than the mean over ${days} days.`,
    );
  }
  if (sampled !== null && perDay.json_bytes > 0) {
    const saved = Math.round((1 - sampled.json_bytes / perDay.json_bytes) * 100);
    const words = rules.map(({ field, value, keep }) => `${field === 'logType' ? 'type' : field}=${value}:${keep}`);
    notes.push(`Sampling by ${words.join(', ')} would save ${saved}% of the bytes.`);
  }
  return notes;
}
