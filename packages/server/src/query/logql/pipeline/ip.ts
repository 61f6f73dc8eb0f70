import { type IpAddress, type IpPattern, parseIpAddress, parseIpPattern } from '@tailwater/schema/logql';
import { badQuery } from '../errors.ts';
import { goQuote } from '../values/index.ts';

const DOT = 46;
const COLON = 58;

/** Addresses of one family from the first to the last. */
interface AddressRange {
  family: 4 | 6;
  first: bigint;
  last: bigint;
  /** Empty but for a single IPv6 address that has one. */
  zone: string;
  /** Of IPv4, which is tried most, `first` and `last` once more. */
  first4: number;
  last4: number;
}

/**
 * Whether a text holds an IP address that `pattern` (an address, a network or a range) takes. Throws badQuery.
 * https://grafana.com/docs/loki/latest/query/ip/
 */
export function ipTest(pattern: string): (text: string) => boolean {
  const parsed = parseIpPattern(pattern);
  if (parsed === null) throw badQuery(`ip: invalid pattern: ${goQuote(pattern)}`);
  const range = toRange(parsed);
  return (text) => containsAddress(text, range);
}

function toRange(pattern: IpPattern): AddressRange {
  if (pattern.kind === 'range') return rangeOf(pattern.from.family, pattern.from.value, pattern.to.value, '');
  const { family, value, zone } = pattern.address;
  if (pattern.kind === 'address') return rangeOf(family, value, value, zone);
  const size = 1n << BigInt((family === 4 ? 32 : 128) - pattern.bits);
  const first = value - (value % size);
  return rangeOf(family, first, first + size - 1n, '');
}

function rangeOf(family: 4 | 6, first: bigint, last: bigint, zone: string): AddressRange {
  const is4 = family === 4;
  return { family, first, last, zone, first4: is4 ? Number(first) : 1, last4: is4 ? Number(last) : 0 };
}

/** Tries each place that looks like the beginning of an address, with as many characters as addresses are written in. */
function containsAddress(text: string, range: AddressRange): boolean {
  const { length } = text;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (!isHex(code) && code !== COLON) continue;
    let end = at;
    if (looksLikeIpv4(text, at)) {
      while (end < length && isIpv4Char(text.charCodeAt(end))) end++;
      const address = ipv4Value(text, at, end);
      if (address >= range.first4 && address <= range.last4) return true;
    } else if (looksLikeIpv6(text, at)) {
      while (end < length && isIpv6Char(text.charCodeAt(end))) end++;
      if (range.family === 6 && takes(range, parseIpAddress(text.slice(at, end)))) return true;
    } else {
      continue;
    }
    at = end;
  }
  return false;
}

/** The address of exactly these characters, -1 where they are none. Leading zeros are refused, as in Go. */
function ipv4Value(text: string, start: number, end: number): number {
  if (end - start > 15) return -1;
  let value = 0;
  let part = -1;
  let parts = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (part === -1 || ++parts > 3) return -1;
      value = value * 256 + part;
      part = -1;
    } else {
      if (part === 0) return -1;
      part = Math.max(part, 0) * 10 + code - 48;
      if (part > 255) return -1;
    }
  }
  return parts === 3 && part !== -1 ? value * 256 + part : -1;
}

function takes({ family, first, last, zone }: AddressRange, address: IpAddress | null): boolean {
  return (
    address !== null &&
    address.family === family &&
    address.zone === zone &&
    first <= address.value &&
    address.value <= last
  );
}

function looksLikeIpv4(text: string, at: number): boolean {
  if (!isDigit(text.charCodeAt(at)) || at + 3 >= text.length) return false;
  return text.charCodeAt(at + 1) === DOT || text.charCodeAt(at + 2) === DOT || text.charCodeAt(at + 3) === DOT;
}

function looksLikeIpv6(text: string, at: number): boolean {
  const first = text.charCodeAt(at);
  if (first === COLON) return text.charCodeAt(at + 1) === COLON && isHex(text.charCodeAt(at + 2));
  for (let digits = 0; digits < 4 && isHex(text.charCodeAt(at + digits)); digits++) {
    if (text.charCodeAt(at + digits + 1) === COLON) return true;
  }
  return false;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isHex(code: number): boolean {
  return isDigit(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}

function isIpv4Char(code: number): boolean {
  return isDigit(code) || code === DOT;
}

function isIpv6Char(code: number): boolean {
  return isHex(code) || code === COLON || code === DOT;
}
