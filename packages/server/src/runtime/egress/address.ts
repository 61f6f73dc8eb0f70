import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Not for the public internet, by the IANA special-purpose registries (RFC 6890) and what was given back since. */
const SPECIAL_V4 = blockList([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);

/** All of IPv6 that is given out to be reached from anywhere; what is outside is denied unnamed. */
const GLOBAL_V6 = blockList(['2000::/3']);
const SPECIAL_V6 = blockList(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

/**
 * Where clouds hand credentials to whoever asks from the machine itself. Some are in public or ordinary private ranges:
 * Azure's wire server, Alibaba, Oracle, AWS over IPv6, Google over IPv6. Link-local holds AWS's, Google's, Azure's,
 * ECS's and EKS's own, and OpenStack's over IPv6.
 */
const METADATA = blockList([
  '169.254.0.0/16',
  '168.63.129.16/32',
  '100.100.100.200/32',
  '192.0.0.192/32',
  'fd00:ec2::/32',
  'fd20:ce::254/128',
  'fe80::a9fe:a9fe/128',
]);

/** Names that lead there, in case a resolver answers them with something that is not in the list. */
const METADATA_NAMES = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
  'metadata.azure.internal',
  'metadata.tencentyun.com',
]);

export function isMetadataName(host: string): boolean {
  return METADATA_NAMES.has(host);
}

/** A list of CIDR ranges that are known to be well-formed. */
export function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network, bits] = range.split('/');
    list.addSubnet(network!, Number(bits), family(network!));
  }
  return list;
}

export function inList(list: BlockList, address: string): boolean {
  return list.check(address, family(address));
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

/**
 * The address in its one spelling: dotted, or IPv6 in lower case, shortened. ::ffff:a.b.c.d is what the kernel takes it
 * for, IPv4. Null when it is no address, or has a zone (`fe80::1%eth0`), which only link-local ones need.
 */
export function canonicalAddress(text: string): string | null {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return null;
  const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const groups = groupsOf(canonical);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isMapped ? dotted(groups, 6) : canonical;
}

/** The eight numbers of a canonical IPv6 address. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const parse = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [parse(head), parse(tail ?? '')];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

function dotted(groups: readonly number[], at: number, mask = 0): string {
  const bytes = [groups[at]! ^ mask, groups[at + 1]! ^ mask].flatMap((group) => [group >> 8, group & 0xff]);
  return bytes.join('.');
}

/**
 * IPv4 addresses that a canonical IPv6 address carries and that a translator or tunnel on the way may go to: compatible
 * and translated (::a.b.c.d, ::ffff:0:a.b.c.d), NAT64 (RFC 6052, 8215), 6to4, Teredo, ISATAP.
 */
export function embeddedV4(address: string): string[] {
  if (isIPv4(address)) return [];
  const groups = groupsOf(address);
  const [a, b, c, d, e, f] = groups as [number, number, number, number, number, number];
  const isZero = (from: number, to: number) => groups.slice(from, to).every((group) => group === 0);
  const found: string[] = [];
  const isCompatible = isZero(0, 6) || (isZero(0, 4) && e === 0xffff && f === 0);
  const isNat64 = a === 0x64 && b === 0xff9b && (c === 1 || isZero(2, 6));
  const isIsatap = (e === 0 || e === 0x200) && f === 0x5efe;
  if (isCompatible || isNat64 || isIsatap) found.push(dotted(groups, 6));
  if (a === 0x2002) found.push(dotted(groups, 1));
  if (a === 0x2001 && b === 0) found.push(`${dotted([c, d], 0)}`, dotted(groups, 6, 0xffff));
  return found;
}

/** Whether a canonical address is one of the public internet, and so is what it carries. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !inList(SPECIAL_V4, address) && !inList(METADATA, address);
  const isGlobal = inList(GLOBAL_V6, address) && !inList(SPECIAL_V6, address) && !inList(METADATA, address);
  return isGlobal && embeddedV4(address).every(isPublicAddress);
}

export function isMetadataAddress(address: string): boolean {
  return inList(METADATA, address);
}
