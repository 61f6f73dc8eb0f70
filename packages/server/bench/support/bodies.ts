import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { encodeProtobuf } from '../../test/support/otlp-encode.ts';
import { otlpRequestOf } from '../../test/support/otlp-events.ts';
import { DEFAULT_GENERATOR, generateEvents } from '../event-generator.ts';

export type BodyFormat = 'otlp' | 'ndjson' | 'mixed-ndjson';

export interface Body {
  org: string;
  events: number;
  offset: number;
  length: number;
}

export interface Bodies {
  list: Body[];
  bytes: number;
  read(body: Body): Buffer;
  close(): void;
}

/**
 * The generated events as request bodies of `batch` events of one org, in order of time, in one file: reading them back
 * costs the client next to nothing. `mixed-ndjson` keeps the orgs together in one body, for programs without tenants.
 */
export function prepareBodies(path: string, format: BodyFormat, count: number, batch: number): Bodies {
  const fd = openSync(path, 'w+');
  const list: Body[] = [];
  const waiting = new Map<string, string[]>();
  let offset = 0;
  const flush = (org: string, lines: string[]) => {
    const bytes = format === 'otlp' ? encodeProtobuf(otlpRequestOf(lines)) : Buffer.from(`${lines.join('\n')}\n`);
    writeSync(fd, bytes, 0, bytes.length, offset);
    list.push({ org, events: lines.length, offset, length: bytes.length });
    offset += bytes.length;
    lines.length = 0;
  };
  for (const event of generateEvents({ ...DEFAULT_GENERATOR, count })) {
    const org = format === 'mixed-ndjson' ? 'all' : event.org;
    const lines = waiting.get(org) ?? [];
    waiting.set(org, lines);
    lines.push(JSON.stringify(event));
    if (lines.length >= batch) flush(org, lines);
  }
  for (const [org, lines] of waiting) if (lines.length > 0) flush(org, lines);
  return {
    list,
    bytes: offset,
    read: (body) => {
      const bytes = Buffer.allocUnsafe(body.length);
      readSync(fd, bytes, 0, body.length, body.offset);
      return bytes;
    },
    close: () => closeSync(fd),
  };
}
