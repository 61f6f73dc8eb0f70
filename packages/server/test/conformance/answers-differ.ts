import { type Answer, sameValue } from '../support/loki/answers.ts';
import { printLabels } from '../support/loki/label-text.ts';

/** Compares the answers of two servers to one query. @returns What differs, or null. */
export function answersDiffer(query: string, theirs: Answer, ours: Answer): string | null {
  if (theirs.kind !== ours.kind) return `${brief(ours)} in place of ${brief(theirs)}`;
  const [want, got] = [theirs, ours].map((answer) => answerLines(query, answer));
  const at = want.findIndex((line, i) => got[i] === undefined || !sameLine(line, got[i]));
  if (at < 0 && want.length === got.length) return null;
  const place = at < 0 ? want.length : at;
  return `${got.length} lines in place of ${want.length}; the first that differs: ${got[place]} in place of ${want[place]}`;
}

const brief = (answer: Answer): string => (answer.kind === 'error' ? `error ${answer.message}` : answer.kind);

/**
 * One text a value or event, in an order that both have. Of the best k only values count: equal ones are chosen at will.
 * The status of an error does not: what a query is at fault for is 400 here, and 500 on Loki when it runs already.
 */
export function answerLines(query: string, answer: Answer): string[] {
  if (answer.kind === 'error') return [withoutSeries(answer.message)];
  if (answer.kind === 'scalar') return [`{} 0 ${answer.value}`];
  if (answer.kind === 'logs') {
    const lines = answer.entries.map(({ timeNs, line, labels, metadata = {}, parsed = {} }) =>
      [timeNs, printLabels(labels), JSON.stringify(line), printLabels(metadata), printLabels(parsed)].join(' '),
    );
    return lines.toSorted();
  }
  const hasTies = /\b(topk|bottomk)\b/.test(query);
  const isSorted = query.startsWith('sort');
  const lines = answer.series.flatMap(({ labels, points }) =>
    points.map(([timeMs, value]) => `${hasTies || isSorted ? '{}' : printLabels(labels)} ${timeMs} ${value}`),
  );
  return isSorted ? lines : lines.toSorted();
}

/** Which of several series an error names first is chance. */
function withoutSeries(message: string): string {
  return message.replace(/for series: '\{.*\}'/s, "for series: '{…}'");
}

const TOLERANCE = 1e-7;

/** Equal, or the numbers at their ends are nearly. */
function sameLine(want: string, got: string): boolean {
  if (want === got) return true;
  const [wantEnd, gotEnd] = [want, got].map((line) => line.lastIndexOf(' '));
  if (want.slice(0, wantEnd) !== got.slice(0, gotEnd)) return false;
  return sameValue(Number(want.slice(wantEnd)), Number(got.slice(gotEnd)), TOLERANCE);
}
