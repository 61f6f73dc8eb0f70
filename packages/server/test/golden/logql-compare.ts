import { type Answer, type AnswerEntry, sameValue } from '../support/loki/answers.ts';
import { type LabelSet, printLabels } from '../support/loki/label-text.ts';
import type { ExpectedEntry, GoldenCase } from './logql-cases.ts';

/** Compares an answer with a golden case. @returns What differs, or null. */
export function goldenDifference({ ask, expected }: GoldenCase, answer: Answer): string | null {
  if (expected.kind === 'error') return errorDifference(expected.message, answer);
  if (answer.kind === 'error') return `failed: ${answer.message}`;
  if (expected.kind === 'scalar') {
    const same = answer.kind === 'scalar' && sameValue(answer.value, expected.value);
    return same ? null : `got ${JSON.stringify(answer)} in place of ${expected.value}`;
  }
  if (expected.kind === 'logs') {
    if (answer.kind !== 'logs') return `a ${answer.kind} in place of events`;
    return textDifference(
      expected.entries.map(wantedEntry),
      answer.entries.map((entry, i) => gotEntry(entry, expected.entries[i])),
    );
  }
  if (answer.kind !== 'vector' && answer.kind !== 'matrix') return `a ${answer.kind} in place of series`;
  const times = ask.kind === 'range' ? stepsOf(ask) : ask.kind === 'instant' ? [ask.timeMs] : [];
  const want = expected.series.map(({ labels, values }) => `${printLabels(labels)} ${values.map(show).join(' ')}`);
  const got = answer.series.map(({ labels, points }) => {
    const at = new Map(points);
    const strange = points.filter(([time]) => !times.includes(time)).map(([time]) => ` (a point at ${time})`);
    return `${printLabels(labels)} ${times.map((time) => show(at.get(time) ?? null)).join(' ')}${strange.join('')}`;
  });
  return expected.ordered ? textDifference(want, got) : textDifference(want.toSorted(), got.toSorted());
}

function errorDifference(message: string, answer: Answer): string | null {
  if (answer.kind !== 'error') return `answered in place of failing with ${message}`;
  const whole = message.startsWith('parse error :') || /^parse error at line \d+, col \d+: /.test(message);
  const same = whole ? answer.message === message : answer.message.includes(message);
  return same ? null : `failed with ${JSON.stringify(answer.message)} in place of ${JSON.stringify(message)}`;
}

function stepsOf({ startMs, endMs, stepMs }: { startMs: number; endMs: number; stepMs: number }): number[] {
  return Array.from({ length: Math.floor((endMs - startMs) / stepMs) + 1 }, (_, i) => startMs + i * stepMs);
}

/** Values are rounded: the last bits are the order of additions. */
function show(value: number | null): string {
  return value === null ? '_' : String(Number(value.toPrecision(12)));
}

function wantedEntry(entry: ExpectedEntry): string {
  return entryText(entry.timeMs, entry.labels, entry.line, entry.metadata, entry.parsed);
}

/** Only what the case looks at: details of errors are Go's own texts, which most cases leave out. */
function gotEntry({ timeNs, labels, line, metadata, parsed }: AnswerEntry, wanted: ExpectedEntry | undefined): string {
  const looksAt = (part: unknown) => part !== undefined && part !== null;
  return entryText(
    Number(timeNs / 1_000_000n),
    wanted?.labels === null ? null : withoutDetails(labels, wanted?.labels),
    wanted?.line === null ? null : line,
    looksAt(wanted?.metadata) ? (metadata ?? {}) : undefined,
    looksAt(wanted?.parsed) ? withoutDetails(parsed ?? {}, wanted?.parsed) : undefined,
  );
}

const DETAILS = '__error_details__';

/** A `*` in the expectation is any details. */
function withoutDetails(labels: LabelSet, wanted: LabelSet | null | undefined): LabelSet {
  const details = wanted?.[DETAILS];
  if (!(DETAILS in labels) || (details !== undefined && details !== '*')) return labels;
  const { [DETAILS]: _, ...others } = labels;
  return details === '*' ? { ...others, [DETAILS]: '*' } : others;
}

function entryText(
  timeMs: number,
  labels: LabelSet | null,
  line: string | null,
  metadata: LabelSet | undefined,
  parsed: LabelSet | undefined,
): string {
  const parts = [String(timeMs), labels === null ? '' : printLabels(labels), line === null ? '' : JSON.stringify(line)];
  if (metadata !== undefined) parts.push(`metadata ${printLabels(metadata)}`);
  if (parsed !== undefined) parts.push(`parsed ${printLabels(parsed)}`);
  return parts.filter((part) => part !== '').join(' ');
}

function textDifference(want: readonly string[], got: readonly string[]): string | null {
  const same = want.length === got.length && want.every((line, i) => line === got[i]);
  return same ? null : `got [${got.join('; ')}] in place of [${want.join('; ')}]`;
}
