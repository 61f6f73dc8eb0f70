import { floatError, parseGoFloat } from './float.ts';

const SIZES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ...['k', 'm', 'g', 't', 'p', 'e'].flatMap((prefix, index): [string, number][] => {
    const decimal = 1000 ** (index + 1);
    const binary = 1024 ** (index + 1);
    return [
      [prefix, decimal],
      [`${prefix}b`, decimal],
      [`${prefix}i`, binary],
      [`${prefix}ib`, binary],
    ];
  }),
]);
const MAX_UINT64 = 2 ** 64;

/**
 * A size as go-humanize's ParseBytes reads it (1 KB is 1000, 1 KiB is 1024; commas, any case, fractions of a byte cut
 * off), in bytes. Null when it reports an error. https://pkg.go.dev/github.com/dustin/go-humanize#ParseBytes
 */
export function parseBytes(text: string): number | null {
  const end = numberEnd(text);
  const value = parseGoFloat(withoutCommas(text.slice(0, end)));
  if (value === null) return null;
  const size = SIZES.get(end === text.length ? '' : unitName(text, end));
  if (size === undefined) return null;
  const bytes = value * size;
  return bytes >= MAX_UINT64 ? null : Math.trunc(bytes);
}

/** go-humanize's text for what `parseBytes` answers null to. */
export function bytesError(text: string): string {
  const end = numberEnd(text);
  const number = withoutCommas(text.slice(0, end));
  if (parseGoFloat(number) === null) return floatError(number);
  const unit = unitName(text, end);
  return SIZES.has(unit) ? `too large: ${text}` : `unhandled size name: ${unit}`;
}

function numberEnd(text: string): number {
  let at = 0;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if ((code < 48 || code > 57) && code !== 46 && code !== 44) break;
  }
  return at;
}

function withoutCommas(number: string): string {
  return number.includes(',') ? number.replaceAll(',', '') : number;
}

function unitName(text: string, start: number): string {
  return text.slice(start).trim().toLowerCase();
}

/** Bytes as go-humanize's Bytes (`decimal`: 83 MB) or IBytes (`binary`: 79 MiB) writes them. */
export function humanizeBytes(bytes: number, base: 'decimal' | 'binary' = 'decimal'): string {
  if (bytes < 10) return `${bytes} B`;
  const step = base === 'decimal' ? 1000 : 1024;
  const names =
    base === 'decimal' ? ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] : ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  const power = Math.floor(Math.log(bytes) / Math.log(step));
  const value = Math.floor((bytes / step ** power) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${names[power] ?? ''}`;
}
