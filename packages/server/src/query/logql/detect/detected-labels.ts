import { parseGoFloat } from '../values/index.ts';

export interface DetectedLabel {
  label: string;
  cardinality: number;
}

/** Worth choosing by whatever their values are. */
const ALWAYS = new Set(['cluster', 'namespace', 'instance', 'pod']);

/** Labels of streams that are worth choosing by, by name: those whose values are not all ids or numbers. */
export function detectedLabels(streams: Iterable<{ readonly labels: ReadonlyMap<string, string> }>): DetectedLabel[] {
  const valuesByLabel = new Map<string, Set<string>>();
  for (const { labels } of streams) {
    for (const [label, value] of labels) {
      const values = valuesByLabel.get(label);
      if (values === undefined) valuesByLabel.set(label, new Set([value]));
      else values.add(value);
    }
  }
  const detected: DetectedLabel[] = [];
  for (const [label, values] of valuesByLabel) {
    if (ALWAYS.has(label) || isWorthChoosing(values)) detected.push({ label, cardinality: values.size });
  }
  return detected.sort((left, right) => (left.label < right.label ? -1 : 1));
}

function isWorthChoosing(values: ReadonlySet<string>): boolean {
  let isSwitch = true;
  let areIds = true;
  for (const value of values) {
    if (value !== '0' && value !== '1') isSwitch = false;
    if (!isSwitch && areIds && parseGoFloat(value) === null && !isUuid(value)) areIds = false;
  }
  return isSwitch || !areIds;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const UUID_DIGITS = /^[0-9a-f]{32}$/i;
const URN = /^urn:uuid:/i;

/** The forms that https://pkg.go.dev/github.com/google/uuid#Parse takes. */
function isUuid(text: string): boolean {
  switch (text.length) {
    case 32:
      return UUID_DIGITS.test(text);
    case 36:
      return UUID.test(text);
    case 38:
      return UUID.test(text.slice(1, -1));
    case 45:
      return URN.test(text) && UUID.test(text.slice(9));
    default:
      return false;
  }
}

/** The body of `detected_labels`. */
export function renderDetectedLabels(labels: readonly DetectedLabel[]): string {
  return `${JSON.stringify({ detectedLabels: labels })}\n`;
}
