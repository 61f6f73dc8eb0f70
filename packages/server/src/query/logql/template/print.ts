import { formatFloatG } from '../values/index.ts';
import { GoTime } from './time.ts';
import { GoInt, type GoValue, isArray, JsonObject, monthName, sortedEntries, weekdayName } from './value.ts';

/** A value as an action prints it: no value is `<no value>`, all else as Go's %v. */
export function printValue(value: GoValue): string {
  return value === undefined ? '<no value>' : plainText(value);
}

/** Go's %v. */
export function plainText(value: GoValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatFloatG(value);
  if (typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return '<nil>';
  if (value instanceof GoInt) return intText(value);
  if (value instanceof GoTime) return value.toString();
  if (isArray(value)) return `[${value.map(plainText).join(' ')}]`;
  const entries = sortedEntries(value instanceof JsonObject ? value.entries : value);
  return `map[${entries.map(([key, element]) => `${key}:${plainText(element)}`).join(' ')}]`;
}

function intText(value: GoInt): string {
  if (value.type === 'time.Month') return monthName(Number(value.value));
  if (value.type === 'time.Weekday') return weekdayName(Number(value.value));
  return String(value.value);
}

/** Go's fmt.Sprint: a space between operands of which neither is a string. */
export function print(values: readonly GoValue[]): string {
  let text = '';
  values.forEach((value, index) => {
    if (index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string') text += ' ';
    text += plainText(value);
  });
  return text;
}

/** Go's fmt.Sprintln. */
export function printLine(values: readonly GoValue[]): string {
  return `${values.map(plainText).join(' ')}\n`;
}
