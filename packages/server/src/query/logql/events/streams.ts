import type { Labels, StreamLabels } from '../row.ts';
import type { LogqlSettings } from '../tasks.ts';
import { isStreamLabel, labelNameOf, UNKNOWN_SERVICE } from './fields.ts';

/** What all events of a stream have in common. */
export interface EventStream {
  stream: StreamLabels;
  /** Members of `labels` that are no stream labels, under LogQL names. */
  metadata: Labels;
}

export type StreamSettings = Pick<LogqlSettings, 'eventFields' | 'discoverServiceName'>;

/** Streams by the columns `labels` and `service`; one per query, so that equal labels are one object. */
export class StreamCache {
  private readonly settings: StreamSettings;
  private readonly byService = new Map<string, Map<string, EventStream>>();
  private readonly byLabels = new Map<string, StreamLabels>();

  constructor(settings: StreamSettings) {
    this.settings = settings;
  }

  get(labels: string, service: string): EventStream {
    let byLabels = this.byService.get(service);
    if (byLabels === undefined) {
      byLabels = new Map();
      this.byService.set(service, byLabels);
    }
    let stream = byLabels.get(labels);
    if (stream === undefined) {
      stream = this.read(labels, service);
      byLabels.set(labels, stream);
    }
    return stream;
  }

  private read(text: string, service: string): EventStream {
    const { labels, metadata } = splitLabels(text);
    if (this.settings.discoverServiceName && !labels.has('service_name')) {
      labels.set('service_name', service === '' ? UNKNOWN_SERVICE : service);
    }
    const sorted = sortedLabels(labels);
    const key = JSON.stringify(sorted);
    let stream = this.byLabels.get(key);
    if (stream === undefined) {
      stream = { labels: new Map(sorted), sorted };
      this.byLabels.set(key, stream);
    }
    return { stream, metadata: sortedLabels(new Map([...metadata].filter(([name]) => !labels.has(name)))) };
  }
}

function splitLabels(text: string): { labels: Map<string, string>; metadata: Map<string, string> } {
  const labels = new Map<string, string>();
  const metadata = new Map<string, string>();
  const members = text === '' ? [] : Object.entries(JSON.parse(text) as Record<string, string>);
  // Names that need no change come first, so that `a.b` does not take the place of `a_b`.
  for (const isExact of [true, false]) {
    for (const [name, value] of members) {
      const label = labelNameOf(name);
      const target = isStreamLabel(name) ? labels : metadata;
      if ((label === name) !== isExact || value === '' || target.has(label)) continue;
      target.set(label, value);
    }
  }
  return { labels, metadata };
}

/** Sorted as bytes sort, which for label names is as UTF-16 sorts. */
export function sortedLabels(labels: ReadonlyMap<string, string>): Labels {
  return [...labels].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
