import { SEVERITIES, SEVERITY_RANGE, type Severity, severityName, severityNumberOfText } from '@tailwater/schema';
import type { Comparison } from './plan.ts';

/** Severity numbers, both ends inclusive. */
export type SeverityRange = readonly [number, number];

const NUMBER_MAX = 24;

/** What `parseSeverity` reads, for messages. */
export const SEVERITY_FORMATS = `${SEVERITIES.join(', ')}, or OpenTelemetry's number from 1 to ${NUMBER_MAX}`;

/** The numbers that a severity stands for: its name in any case, a logger's word for it (WARNING), or one number. */
export function parseSeverity(text: string): SeverityRange | null {
  if (/^\d{1,2}$/.test(text)) {
    const number = Number(text);
    return number >= 1 && number <= NUMBER_MAX ? [number, number] : null;
  }
  const name = text.toLowerCase();
  if ((SEVERITIES as readonly string[]).includes(name)) return SEVERITY_RANGE[name as Severity];
  const number = severityNumberOfText(text);
  return number === 0 ? null : SEVERITY_RANGE[severityName(number)];
}

/** The numbers that compare so with a severity; none for `< debug`. */
export function severityRanges([low, high]: SeverityRange, comparison: Comparison): SeverityRange[] {
  const ranges: Record<Comparison, SeverityRange[]> = {
    '=': [[low, high]],
    '!=': [
      [1, low - 1],
      [high + 1, NUMBER_MAX],
    ],
    '>': [[high + 1, NUMBER_MAX]],
    '>=': [[low, NUMBER_MAX]],
    '<': [[1, low - 1]],
    '<=': [[1, high]],
  };
  return ranges[comparison].filter(([from, to]) => from <= to);
}
