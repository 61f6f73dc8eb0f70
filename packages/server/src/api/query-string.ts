/** A parameter that names what it compares, undivided: the key, and the value or null where there was no `=`. */
export type RawComparison = readonly [key: string, value: string | null];

/** Names under which the parameters that name what they compare are gathered. */
export const COMPARISON_PARAMETERS = ['attr.*', 'label.*', 'duration_ms', 'cost'] as const;

/**
 * Reads a query string: a text per parameter, or a list where it is repeated. `attr.NAME…`, `label.NAME…`,
 * `duration_ms…` and `cost…` are gathered as pairs under COMPARISON_PARAMETERS, because their comparison is part of
 * the key (`attr.ms>=5` is the key `attr.ms>`). Never throws: what is not percent-encoded right stays as it is.
 */
export function parseQueryString(text: string): Record<string, unknown> {
  const parameters: Record<string, string | string[] | RawComparison[]> = Object.create(null);
  for (const piece of text.split('&')) {
    if (piece === '') continue;
    const equals = piece.indexOf('=');
    const key = decode(equals < 0 ? piece : piece.slice(0, equals));
    const value = equals < 0 ? null : decode(piece.slice(equals + 1));
    const gathered = comparisonParameter(key);
    if (gathered !== null) {
      const list = (parameters[gathered] ?? []) as RawComparison[];
      parameters[gathered] = [...list, [key, value]];
      continue;
    }
    const before = parameters[key];
    if (before === undefined) parameters[key] = value ?? '';
    else parameters[key] = [before as string | string[], value ?? ''].flat();
  }
  return parameters;
}

function comparisonParameter(key: string): (typeof COMPARISON_PARAMETERS)[number] | null {
  if (key.startsWith('attr.')) return 'attr.*';
  if (key.startsWith('label.')) return 'label.*';
  const match = /^(duration_ms|cost)(?![\w.])/.exec(key);
  return match === null ? null : (match[1] as 'duration_ms' | 'cost');
}

function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
