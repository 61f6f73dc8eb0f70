import type { MultilineRule } from './grouping.ts';

/** What the worker must know of the file that a body is a piece of. */
export interface BodyFacts {
  service: string;
  host: string;
  /** By stream, as the event's column holds them. */
  labels: readonly string[];
  multiline: MultilineRule;
  /** Nothing of the last event is to be waited for. */
  isLast: boolean;
}

export interface FileFacts {
  service: string;
  host: string;
  labels: Readonly<Record<string, string>>;
  multiline: 'auto' | 'off';
  multilineStart: readonly string[];
}

/** As `readQuery` reads it, but for `last`. */
export function writeQuery({ service, host, labels, multiline, multilineStart }: FileFacts): string {
  const query = new URLSearchParams({ service, host, multiline });
  for (const [name, value] of Object.entries(labels)) query.append('label', `${name}=${value}`);
  for (const pattern of multilineStart) query.append('start', pattern);
  return query.toString();
}

export const LAST = '&last=1';

/** What cannot be read counts as not given. */
export function readQuery(text: string): BodyFacts {
  const query = new URLSearchParams(text);
  const pairs = query.getAll('label').flatMap((label): [string, string][] => {
    const at = label.indexOf('=');
    return at > 0 ? [[label.slice(0, at), label.slice(at + 1)]] : [];
  });
  return {
    service: query.get('service') ?? '',
    host: query.get('host') ?? '',
    labels: ['', 'stdout', 'stderr'].map((stream) => labelsJson(pairs, stream)),
    multiline: ruleOf(query.get('multiline'), query.getAll('start')),
    isLast: query.get('last') === '1',
  };
}

/** Names sorted, so that the same labels are the same text. */
function labelsJson(pairs: readonly [string, string][], stream: string): string {
  const all: [string, string][] = stream === '' ? [...pairs] : [...pairs, ['log.iostream', stream]];
  if (all.length === 0) return '';
  return JSON.stringify(Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))));
}

function ruleOf(multiline: string | null, starts: readonly string[]): MultilineRule {
  const patterns = starts.map(compiled).filter((pattern) => pattern !== null);
  if (patterns.length > 0) return { kind: 'start', patterns };
  return { kind: multiline === 'auto' ? 'auto' : 'off' };
}

function compiled(source: string): RegExp | null {
  try {
    return new RegExp(source, 'u');
  } catch {
    return null;
  }
}
