import { type IpAddress, type IpPattern, parseIpAddress, parseIpPattern } from '@tailwater/schema/logql';
import { badQuery } from '../errors.ts';
import { goQuote } from '../values/index.ts';

const DOT = 46;
const COLON = 58;

/**
 * Whether a text holds an IP address that `pattern` (an address, a network or a range) takes. Throws badQuery.
 * https://grafana.com/docs/loki/latest/query/ip/
 */
export function ipTest(pattern: string): (text: string) => boolean {
  const parsed = parseIpPattern(pattern);
  if (parsed === null) throw badQuery(`ip: invalid pattern: ${goQuote(pattern)}`);
  return (text) => containsAddress(text, parsed);
}

/** Tries each place that looks like the beginning of an address, with as many characters as addresses are written in. */
function containsAddress(text: string, pattern: IpPattern): boolean {
  const { length } = text;
  for (let at = 0; at < length; at++) {
    const looksLike4 = looksLikeIpv4(text, at);
    if (!looksLike4 && !looksLikeIpv6(text, at)) continue;
    let end = at;
    while (end < length && (looksLike4 ? isIpv4Char(text.charCodeAt(end)) : isIpv6Char(text.charCodeAt(end)))) end++;
    const address = parseIpAddress(text.slice(at, end));
    if (address !== null && takes(pattern, address)) return true;
    at = end;
  }
  return false;
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

function takes(pattern: IpPattern, address: IpAddress): boolean {
  switch (pattern.kind) {
    case 'address':
      return same(pattern.address, address);
    case 'network': {
      const { address: network, bits } = pattern;
      if (network.family !== address.family) return false;
      const rest = BigInt((network.family === 4 ? 32 : 128) - bits);
      return network.value >> rest === address.value >> rest;
    }
    case 'range':
      return (
        pattern.from.family === address.family &&
        pattern.from.value <= address.value &&
        address.value <= pattern.to.value
      );
  }
}

function same(left: IpAddress, right: IpAddress): boolean {
  return left.family === right.family && left.value === right.value && left.zone === right.zone;
}
