import { parseValue } from '../support/loki/answers.ts';
import { type LabelSet, parseLabels, printLabels, readLabels } from '../support/loki/label-text.ts';
import type { PushStream } from '../support/loki-push.ts';

/**
 * Loki's declarative query tests (`*.logqltest`): which streams are loaded, what is asked, what the answer is.
 * https://github.com/grafana/loki/blob/main/pkg/logql/internal/logqltest/README.md
 */
export type Step = { kind: 'load'; streams: PushStream[] } | { kind: 'eval'; evaluation: Evaluation };

/** What stands between two `clear`: it begins with nothing loaded. */
export interface Scenario {
  steps: Step[];
}

export interface Evaluation {
  /** Of the file, counted from 1. */
  line: number;
  query: string;
  /** Milliseconds behind the epoch of the scripts; an instant query has no step and `endMs` is `startMs`. */
  startMs: number;
  endMs: number;
  stepMs: number | null;
  expected: Expectation;
}

export type Expectation =
  | { kind: 'failure'; text: string; pattern: RegExp | null }
  | { kind: 'empty' }
  | { kind: 'scalar'; value: number }
  /** Of each series a value per step, null where there is none. */
  | { kind: 'series'; ordered: boolean; series: { labels: LabelSet; values: (number | null)[] }[] };

/** The time that the scripts' times are counted from: 2026-01-01T00:00:00Z, as Loki's own runner has it. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);

/** @throws Error with the line's number where a script cannot be read. */
export function parseScript(text: string): Scenario[] {
  const scenarios: Scenario[] = [{ steps: [] }];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; ) {
    const command = withoutComment(lines[i]).trim();
    const line = ++i;
    if (command === '') continue;
    if (command === 'clear') {
      scenarios.push({ steps: [] });
      continue;
    }
    const block: string[] = [];
    i = readBlock(lines, i, block);
    try {
      scenarios.at(-1)!.steps.push(stepOf(command, block, line));
    } catch (error) {
      throw new Error(`line ${line}: ${String(error)}`, { cause: error });
    }
  }
  return scenarios.filter(({ steps }) => steps.length > 0);
}

/** The indented lines from `i` on, without comments; a blank line ends them. @returns Where to go on. */
function readBlock(lines: readonly string[], i: number, block: string[]): number {
  for (; i < lines.length && lines[i].trim() !== ''; i++) {
    if (lines[i].trimStart().startsWith('#')) continue;
    if (!/^\s/.test(lines[i])) break;
    const content = withoutComment(lines[i]).trim();
    if (content !== '') block.push(content);
  }
  return i;
}

function withoutComment(line: string): string {
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const character = line[i];
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === '`') quote = character;
    else if (character === '#') return line.slice(0, i);
  }
  return line;
}

function stepOf(command: string, block: readonly string[], line: number): Step {
  if (command === 'load') return { kind: 'load', streams: streamsOf(block) };
  const instant = /^eval\s+instant\s+at\s+(\S+)\s+(.+)$/.exec(command);
  if (instant !== null) {
    const [, at, query] = instant;
    const startMs = goDurationMs(at);
    const expected = expectationOf(block);
    return { kind: 'eval', evaluation: { line, query, startMs, endMs: startMs, stepMs: null, expected } };
  }
  const range = /^eval\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$/.exec(command);
  if (range === null) throw new Error(`no command: ${command}`);
  const [, from, to, step, query] = range;
  const [startMs, endMs, stepMs] = [from, to, step].map(goDurationMs);
  return { kind: 'eval', evaluation: { line, query, startMs, endMs, stepMs, expected: expectationOf(block) } };
}

const LOAD =
  /^\s*(?:"(?<quoted>[^"]*)"|`(?<raw>[^`]*)`)\s*@\s*(?<start>\S+)(?:\s*\[repeat every\s+(?<every>\S+)\s+for\s+(?<count>\d+)\])?(?:\s*\[metadata\s+(?<metadata>.*?)\])?\s*$/;

function streamsOf(block: readonly string[]): PushStream[] {
  const streams = new Map<string, PushStream>();
  for (const line of block) {
    const { labels, rest } = readLabels(line);
    const found = LOAD.exec(rest);
    if (found === null) throw new Error(`no load line: ${line}`);
    const { quoted, raw, start, every = '0s', count = '1', metadata } = found.groups!;
    const stream = streams.get(printLabels(labels)) ?? { labels, entries: [] };
    streams.set(printLabels(labels), stream);
    for (let i = 0; i < Number(count); i++) {
      stream.entries.push({
        nanos: BigInt(EPOCH_MS + goDurationMs(start) + i * goDurationMs(every)) * 1_000_000n,
        line: (quoted ?? raw).replaceAll('{{.i}}', String(i)),
        ...(metadata !== undefined && { metadata: metadataOf(metadata) }),
      });
    }
  }
  return [...streams.values()];
}

function metadataOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/(?:"([^"]*)"|([^\s"=]+))="([^"]*)"/g)];
  return Object.fromEntries(pairs.map(([, quoted, plain, value]) => [quoted ?? plain, value]));
}

function expectationOf(block: readonly string[]): Expectation {
  const lines = block.filter((line) => !line.startsWith('skip '));
  const [first, ...others] = lines;
  if (first === undefined) throw new Error('nothing is expected');
  if (first === 'expect empty') return { kind: 'empty' };
  const failure = /^expect fail(?:\s+(msg|regex):\s*(.*))?$/.exec(first);
  if (failure !== null) {
    const [, how, text = ''] = failure;
    return { kind: 'failure', text: how === 'msg' ? text : '', pattern: how === 'regex' ? new RegExp(text) : null };
  }
  if (!first.startsWith('{') && first !== 'expect ordered') return { kind: 'scalar', value: parseValue(first) };
  const ordered = first === 'expect ordered';
  return { kind: 'series', ordered, series: (ordered ? others : lines).map(seriesOf) };
}

function seriesOf(line: string) {
  const end = line.indexOf('}') + 1;
  const values = line.slice(end).trim().split(/\s+/).flatMap(pointsOf);
  return { labels: parseLabels(line.slice(0, end)), values };
}

/** `_` is no point; `1+2x3` is 1 3 5 7. */
function pointsOf(token: string): (number | null)[] {
  if (token === '_') return [null];
  const series = /^(.+?)(?:(?<=.)([+-].+))?x(\d+)$/.exec(token);
  if (series === null) return [parseValue(token)];
  const [, base, step = '0', count] = series;
  return Array.from({ length: Number(count) + 1 }, (_, i) => parseValue(base) + i * Number(step));
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A Go duration in whole milliseconds. */
export function goDurationMs(text: string): number {
  if (text === '0') return 0;
  const sign = text.startsWith('-') ? -1 : 1;
  const parts = [...text.replace(/^[-+]/, '').matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/gy)];
  if (parts.length === 0) throw new Error(`no duration: ${text}`);
  return sign * parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNIT_MS[unit], 0);
}
