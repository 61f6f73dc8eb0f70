import type { LabelReplace } from '@tailwater/schema/logql';
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { badQuery } from '../errors.ts';
import type { StepSeries } from '../series.ts';
import { labelValue, withLabel } from './labels.ts';

type Groups = ReadonlyMap<string, string>;

/**
 * Sets a label of each series from another one. The expression must match the whole value (of an absent label the empty
 * text); where it does not, the series stays as it is. An empty replacement deletes the label.
 */
export function replaceLabels(expr: LabelReplace, series: readonly StepSeries[]): StepSeries[] {
  const pattern = compile(expr.pattern);
  const expand = compileReplacement(expr.replacement);
  return series.map((one) => {
    const groups = match(pattern, labelValue(one.labels, expr.source));
    if (groups === null) return one;
    return { ...one, labels: withLabel(one.labels, expr.destination, expand(groups)) };
  });
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(`^(?:${pattern})$`);
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) throw badQuery(error.message);
    throw error;
  }
}

/** The captures of a whole match by number and by name; null when it does not match. */
function match(pattern: RE2JS, text: string): Groups | null {
  const matcher = pattern.matcher(text);
  if (!matcher.matches()) return null;
  const groups = new Map<string, string>();
  for (let i = 0; i <= matcher.groupCount(); i++) groups.set(String(i), matcher.group(i) ?? '');
  for (const [name, index] of Object.entries(pattern.namedGroups())) groups.set(name, matcher.group(index) ?? '');
  return groups;
}

/** A name in braces, or the longest run of letters, digits and underscores: https://pkg.go.dev/regexp#Regexp.Expand */
const REFERENCE = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;

function compileReplacement(replacement: string): (groups: Groups) => string {
  return (groups) =>
    replacement.replace(REFERENCE, (whole, braced?: string, bare?: string) => {
      const name = braced ?? bare;
      return name === undefined ? whole.slice(1) : (groups.get(name) ?? '');
    });
}
