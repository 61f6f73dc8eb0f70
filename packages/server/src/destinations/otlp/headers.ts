import { PermanentError } from '../../runtime/errors.ts';

/**
 * `name=value` pairs, one a line or with commas between, values percent-encoded, as OTEL_EXPORTER_OTLP_HEADERS has them:
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables
 * Throws PermanentError `destination_unauthorized`.
 */
export function readHeaders(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const pair of text.split(/[\n,]/).map((each) => each.trim())) {
    if (pair === '') continue;
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+)\s*=\s*(.*)$/.exec(pair) ?? [];
    const plain = value === undefined ? undefined : decoded(value);
    if (name === undefined || plain === undefined || !/^[\t\x20-\x7e]*$/.test(plain)) {
      throw new PermanentError(
        'destination_unauthorized',
        'Secret headers have to be lines of `name=value`.',
        'headers',
      );
    }
    headers[name.toLowerCase()] = plain;
  }
  return headers;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
