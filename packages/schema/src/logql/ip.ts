/** The patterns of `ip("…")`: an address, a network (`10.0.0.0/8`) or a range (`10.0.0.1-10.0.0.9`), both families. */

export type IpPattern =
  | { kind: 'address'; address: IpAddress }
  | { kind: 'network'; address: IpAddress; bits: number }
  | { kind: 'range'; from: IpAddress; to: IpAddress };

export interface IpAddress {
  family: 4 | 6;
  value: bigint;
  /** IPv6 zone, empty without one. */
  zone: string;
}

/** Reads a pattern as Go's net/netip and netipx do; null where they refuse it. */
export function parseIpPattern(pattern: string): IpPattern | null {
  const address = parseIpAddress(pattern);
  if (address !== null) return { kind: 'address', address };
  return parseNetwork(pattern) ?? parseRange(pattern);
}

function parseNetwork(pattern: string): IpPattern | null {
  const slash = pattern.lastIndexOf('/');
  const address = slash < 0 ? null : parseIpAddress(pattern.slice(0, slash));
  const digits = pattern.slice(slash + 1);
  if (address === null || address.zone !== '' || !/^(?:0|[1-9]\d{0,2})$/.test(digits)) return null;
  const bits = Number(digits);
  return bits <= (address.family === 4 ? 32 : 128) ? { kind: 'network', address, bits } : null;
}

function parseRange(pattern: string): IpPattern | null {
  const hyphen = pattern.indexOf('-');
  if (hyphen < 0) return null;
  const from = parseIpAddress(pattern.slice(0, hyphen));
  const to = parseIpAddress(pattern.slice(hyphen + 1));
  if (from === null || to === null || from.zone !== '' || to.zone !== '') return null;
  return from.family === to.family && from.value <= to.value ? { kind: 'range', from, to } : null;
}

/** An address as netip.ParseAddr takes it: no leading zeros, no blanks; null where it refuses it. */
export function parseIpAddress(text: string): IpAddress | null {
  const separator = /[.:%]/.exec(text)?.[0];
  if (separator === '.') {
    const value = parseIpv4(text);
    return value === null ? null : { family: 4, value, zone: '' };
  }
  if (separator !== ':') return null;
  const percent = text.indexOf('%');
  if (percent === text.length - 1) return null;
  const value = parseIpv6(percent < 0 ? text : text.slice(0, percent));
  return value === null ? null : { family: 6, value, zone: percent < 0 ? '' : text.slice(percent + 1) };
}

function parseIpv4(text: string): bigint | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255))
    return null;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function parseIpv6(text: string): bigint | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head = [], tail = []] = halves.map(ipv6Groups);
  if (head === null || tail === null) return null;
  // Only the last groups of all may be written as an IPv4 address.
  if (halves.length === 2 && (halves[0] ?? '').includes('.')) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array.from({ length: halves.length === 2 ? missing : 0 }, () => 0), ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

function ipv6Groups(text: string): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[\da-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const tail = index === parts.length - 1 && part.includes('.') ? parseIpv4(part) : null;
      if (tail === null) return null;
      groups.push(Number(tail >> 16n), Number(tail & 0xffffn));
    }
  }
  return groups;
}
