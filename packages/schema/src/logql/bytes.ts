/** Sizes as dustin/go-humanize reads and writes them: `1KB` is 1000, `1KiB` 1024. */

const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ...['k', 'm', 'g', 't', 'p'].flatMap((letter, index): [string, number][] => [
    [letter, 1000 ** (index + 1)],
    [`${letter}b`, 1000 ** (index + 1)],
    [`${letter}i`, 1024 ** (index + 1)],
    [`${letter}ib`, 1024 ** (index + 1)],
  ]),
]);
const SUFFIXES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** Bytes of a literal such as `5kB` or `1.5GiB`; null when it is none. */
export function parseBytesLiteral(text: string): number | null {
  const part = /^((?:\d+\.?\d*)|(?:\.\d+))([a-z]*)$/i.exec(text);
  if (part === null) return null;
  const unit = UNITS.get((part[2] ?? '').toLowerCase());
  const value = Number(part[1]) * (unit ?? Number.NaN);
  return value < 2 ** 64 ? Math.trunc(value) : null;
}

/**
 * go-humanize's short form (`1.5MB`), but the whole number of bytes where rounding would change the value:
 * what is printed must mean what was written.
 */
export function formatBytesLiteral(bytes: number): string {
  if (bytes < 10) return `${bytes}B`;
  const exponent = Math.min(Math.floor(Math.log(bytes) / Math.log(1000)), SUFFIXES.length - 1);
  const value = Math.floor((bytes / 1000 ** exponent) * 10 + 0.5) / 10;
  const short = `${value.toFixed(value < 10 ? 1 : 0)}${SUFFIXES[exponent] ?? ''}`;
  return parseBytesLiteral(short) === bytes ? short : `${BigInt(bytes)}B`;
}
