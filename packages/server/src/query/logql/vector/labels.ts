import type { Labels } from '../row.ts';

/** Orders texts as their UTF-8 bytes are ordered, which UTF-16 comparison does not for characters beyond U+FFFF. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const a = left.charCodeAt(i);
    const b = right.charCodeAt(i);
    if (a === b) continue;
    // Surrogates stand for characters above all others of 16 bits.
    const aHigh = a >= 0xd800 && a < 0xe000;
    const bHigh = b >= 0xd800 && b < 0xe000;
    return aHigh === bHigh ? a - b : aHigh ? 1 : -1;
  }
  return left.length - right.length;
}

/** The order of series in answers: pair by pair, name before value. */
export function compareLabels(left: Labels, right: Labels): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const order = compareText(left[i]![0], right[i]![0]) || compareText(left[i]![1], right[i]![1]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Equal for equal labels only. */
export function labelsKey(labels: Labels): string {
  return JSON.stringify(labels);
}

/** Of a label that is not there the empty text. */
export function labelValue(labels: Labels, name: string): string {
  for (const label of labels) if (label[0] === name) return label[1];
  return '';
}

export function keepLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return labels.filter(([name]) => names.has(name));
}

export function dropLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return labels.filter(([name]) => !names.has(name));
}

/** The labels that have a value: Loki leaves the others out where it puts labels together anew. */
export function withoutEmpty(labels: Labels): Labels {
  return labels.some(([, value]) => value === '') ? labels.filter(([, value]) => value !== '') : labels;
}

/** Sets or, where the value is empty, deletes a label, and leaves out others without a value. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  const rest = labels.filter((label) => label[0] !== name && label[1] !== '');
  if (value === '') return rest;
  const next = rest.findIndex((label) => compareText(label[0], name) > 0);
  rest.splice(next === -1 ? rest.length : next, 0, [name, value]);
  return rest;
}
