import type { Receiver, ReceiverProbe, ReceiverRoute } from './receiver.ts';
import { RECEIVERS } from './registry.ts';

/** Who answers a request to a receiver's path. */
export type Match =
  | { kind: 'route'; receiver: Receiver; route: ReceiverRoute; params: Readonly<Record<string, string>> }
  | { kind: 'probe'; receiver: Receiver; probe: ReceiverProbe; params: Readonly<Record<string, string>> }
  /** The path is a receiver's, the method none that it answers. */
  | {
      kind: 'method';
      receiver: Receiver;
      route: ReceiverRoute;
      params: Readonly<Record<string, string>>;
      allow: string;
    };

interface Entry {
  receiver: Receiver;
  /** Null for a probe. */
  route: ReceiverRoute | null;
  probe: ReceiverProbe | null;
  methods: readonly string[];
  path: string;
  segments: readonly string[];
}

export type FindReceiver = (method: string, path: string) => Match | null;

/**
 * Finds the receiver of a path. Paths without `:name` are looked up; those with such segments are compared one after
 * another, routes before probes, and only where no plain path fits.
 */
export function createRouter(receivers: readonly Receiver[] = RECEIVERS): FindReceiver {
  const entries = receivers.flatMap(entriesOf);
  const plain = new Map<string, Entry[]>();
  const patterns: Entry[] = [];
  for (const entry of entries) {
    if (/[:*]/.test(entry.path)) patterns.push(entry);
    else plain.set(entry.path, [...(plain.get(entry.path) ?? []), entry]);
  }
  patterns.sort((a, b) => Number(a.route === null) - Number(b.route === null));
  return (method, path) => {
    const exact = plain.get(path) ?? [];
    const found = exact.find(({ methods }) => methods.includes(method));
    if (found !== undefined) return matchOf(found, {});
    const segments = path.split('/').slice(1);
    const other = otherMethod(exact, segments);
    if (other !== null) return other;
    for (const entry of patterns) {
      if (!entry.methods.includes(method)) continue;
      const params = paramsOf(entry.segments, segments);
      if (params !== null) return matchOf(entry, params);
    }
    const fitting = patterns.filter((entry) => paramsOf(entry.segments, segments) !== null);
    return otherMethod(fitting, segments);
  };
}

function entriesOf(receiver: Receiver): Entry[] {
  const of = (path: string) => ({ receiver, path, segments: path.split('/').slice(1) });
  return [
    ...receiver.routes.map((route) => ({ ...of(route.path), route, probe: null, methods: [route.method] })),
    ...(receiver.probes ?? []).map((probe) => ({ ...of(probe.path), route: null, probe, methods: probe.methods })),
  ];
}

function matchOf({ receiver, route, probe }: Entry, params: Record<string, string>): Match {
  if (route !== null) return { kind: 'route', receiver, route, params };
  return { kind: 'probe', receiver, probe: probe!, params };
}

function otherMethod(entries: readonly Entry[], segments: readonly string[]): Match | null {
  const first = entries.find(({ route }) => route !== null);
  if (first === undefined) return null;
  const allow = [...new Set(entries.flatMap(({ methods }) => methods))].join(', ');
  const params = paramsOf(first.segments, segments) ?? {};
  return { kind: 'method', receiver: first.receiver, route: first.route!, params, allow };
}

/** The values of the pattern's `:name` segments, null when the path does not fit. */
function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | null {
  const rest = pattern.at(-1) === '*';
  if (rest ? segments.length < pattern.length : segments.length !== pattern.length) return null;
  const params: Record<string, string> = {};
  for (let i = 0; i < pattern.length - (rest ? 1 : 0); i++) {
    if (!pattern[i].startsWith(':')) {
      if (pattern[i] !== segments[i]) return null;
    } else {
      const value = decodeSegment(segments[i]);
      if (value === null || value === '') return null;
      params[pattern[i].slice(1)] = value;
    }
  }
  return params;
}

function decodeSegment(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
