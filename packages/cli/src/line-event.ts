import { stripVTControlCharacters } from 'node:util';
import { isObject, type JsonObject } from './json.ts';

/** What is said of every line, where the line does not say it itself. */
export interface LineSource {
  service?: string | undefined;
  stream?: 'stdout' | 'stderr' | undefined;
}

/** Names under which loggers print the time and the service, without case, `_` and `-`, as the server reads them. */
const TIME_NAMES = new Set(['timestamp', 'time', 'ts', 'datetime', '@timestamp', '@t', 'timemillis']);
const SERVICE_NAMES = new Set(['service', 'servicename', 'service.name']);

/**
 * A line as one line of NDJSON: a JSON object with its own fields, anything else as message. Null for an empty line.
 * The time is the line's own, or that of its coming here: sending may be late.
 */
export function eventOfLine(line: string, { service, stream }: LineSource, nowMs: number): string | null {
  const text = line.trim();
  const object = parseObject(text);
  if (object === null) {
    const message = messageOf(line);
    if (message === '') return null;
    return JSON.stringify({ timestamp: new Date(nowMs).toISOString(), message, service, stream });
  }
  const names = Object.keys(object).map((name) => name.toLowerCase().replace(/[_-]/g, ''));
  const added: JsonObject = {};
  if (!names.some((name) => TIME_NAMES.has(name))) added.timestamp = new Date(nowMs).toISOString();
  if (service !== undefined && !names.some((name) => SERVICE_NAMES.has(name))) added.service = service;
  if (stream !== undefined && !names.includes('stream')) added.stream = stream;
  // The text is kept as it is: parsing and writing it again would round its numbers.
  return names.length === 0 ? JSON.stringify(added) : withMembers(text, added);
}

function withMembers(text: string, added: JsonObject): string {
  const members = JSON.stringify(added).slice(1, -1);
  return members === '' ? text : `${text.slice(0, -1)},${members}}`;
}

function parseObject(text: string): JsonObject | null {
  if (!text.startsWith('{') || !text.endsWith('}')) return null;
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

/** What a terminal would show: without colours, and of a line that was written over again and again the last. */
function messageOf(line: string): string {
  const shown = stripVTControlCharacters(line).trimEnd();
  return shown.slice(shown.lastIndexOf('\r') + 1);
}
