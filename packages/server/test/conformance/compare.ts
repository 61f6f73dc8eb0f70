import { type Answer, type AnswerSeries, sameValue } from '../support/loki/answers.ts';
import { printLabels } from '../support/loki/label-text.ts';
import { EPOCH_MS, type Evaluation, type Expectation } from './logqltest-format.ts';

/** Compares an answer with what a script expects. @returns What differs, or null. */
export function difference(evaluation: Evaluation, answer: Answer): string | null {
  const { expected } = evaluation;
  if (expected.kind === 'failure') return failureDifference(expected, answer);
  if (answer.kind === 'error') return `failed: ${answer.message}`;
  if (answer.kind === 'logs') return 'events in place of samples';
  if (expected.kind === 'scalar') {
    if (answer.kind !== 'scalar') return `a ${answer.kind} in place of a scalar`;
    return sameValue(answer.value, expected.value) ? null : `${answer.value} in place of ${expected.value}`;
  }
  if (answer.kind === 'scalar') return `the scalar ${answer.value}`;
  const wanted = expected.kind === 'empty' ? [] : expected.series;
  const type = evaluation.stepMs === null ? 'vector' : 'matrix';
  if (answer.kind !== type) return `a ${answer.kind} in place of a ${type}`;
  const times = timesOf(evaluation);
  const want = wanted.map(({ labels, values }) => `${printLabels(labels)} ${values.map(show).join(' ')}`);
  const got = answer.series.map((series) => lineOf(series, times));
  if (expected.kind === 'series' && expected.ordered) return linesDifference(want, got);
  return linesDifference(want.toSorted(), got.toSorted());
}

function failureDifference(expected: Extract<Expectation, { kind: 'failure' }>, answer: Answer): string | null {
  if (answer.kind !== 'error') return `answered in place of failing with ${expected.text || expected.pattern}`;
  const { message } = answer;
  const matches = message.includes(expected.text) && (expected.pattern?.test(message) ?? true);
  return matches ? null : `failed with ${message} in place of ${expected.text || expected.pattern}`;
}

/** The times of the steps in ms since 1970. */
export function timesOf({ startMs, endMs, stepMs }: Evaluation): number[] {
  if (stepMs === null) return [EPOCH_MS + startMs];
  return Array.from({ length: Math.floor((endMs - startMs) / stepMs) + 1 }, (_, i) => EPOCH_MS + startMs + i * stepMs);
}

function lineOf({ labels, points }: AnswerSeries, times: readonly number[]): string {
  const values = times.map((time) => points.find(([at]) => at === time)?.[1] ?? null);
  const strange = points.filter(([at]) => !times.includes(at)).map(([at]) => ` (a point at ${at})`);
  return `${printLabels(labels)} ${values.map(show).join(' ')}${strange.join('')}`;
}

const show = (value: number | null): string => (value === null ? '_' : String(value));

/** Numbers that differ in the last bits are equal. */
function linesDifference(want: readonly string[], got: readonly string[]): string | null {
  const same = want.length === got.length && want.every((line, i) => sameLine(line, got[i]));
  return same ? null : `got [${got.join('; ')}] in place of [${want.join('; ')}]`;
}

function sameLine(want: string, got: string): boolean {
  if (want === got) return true;
  const [wantEnd, gotEnd] = [want, got].map((line) => line.lastIndexOf('}'));
  if (want.slice(0, wantEnd) !== got.slice(0, gotEnd)) return false;
  const [wanted, found] = [want.slice(wantEnd + 2), got.slice(gotEnd + 2)].map((line) => line.split(' '));
  if (wanted.length !== found.length) return false;
  return wanted.every((value, i) => value === found[i] || sameValue(Number(value), Number(found[i])));
}
