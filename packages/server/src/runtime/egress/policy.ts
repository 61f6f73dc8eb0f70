import { type BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import {
  blockList,
  canonicalAddress,
  embeddedV4,
  inList,
  isMetadataAddress,
  isMetadataName,
  isPublicAddress,
} from './address.ts';

/** `public`: the public internet and what is listed; `allowlist`: only what is listed; `any`: everything. Metadata services need to be listed in each. */
export type EgressMode = 'public' | 'allowlist' | 'any';

/** One entry of `egress.allow`. */
interface AllowRule {
  /** Of a CIDR range or an address; null: a name. */
  range: BlockList | null;
  /** Whether the range is one address. */
  exact: boolean;
  host: string;
  port: number | null;
}

export interface PolicySettings {
  mode: EgressMode;
  /** CIDR ranges, hosts, host:port. */
  allow: readonly string[];
  /** Whether http:// may go to hosts that are not listed. */
  plainHttp: boolean;
  /** Ports this server listens on: never spoken to on this machine's own addresses. */
  ownPorts?: () => Iterable<number>;
}

export interface Goal {
  /** Lower case, without brackets and final dot. */
  host: string;
  port: number;
  /** http:// without TLS. */
  isPlainHttp: boolean;
}

/** Why not, or null. `address`, `name` and `port` are about the place, `plain` about http://. */
export type Refusal = 'address' | 'port' | 'plain' | null;

export interface Policy {
  /** `address` is canonical. */
  refusal(goal: Goal, address: string): Refusal;
  /** For a name that somebody else resolves. */
  refusalOfName(goal: Goal): Refusal;
}

const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*$/;
const PORTS_LOW = new Set([80, 443, 514, 601]);
const PORT_HIGH = 1024;

/** Reads an entry of `egress.allow`; null when it is none. Addresses have to be in their usual spelling. */
export function parseAllowRule(entry: string): AllowRule | null {
  const bare = canonicalAddress(entry.replace(/^\[(.*)\]$/, '$1'));
  if (bare !== null) return addressRule(bare, null);
  const cidr = /^([^/]+)\/(\d{1,3})$/.exec(entry);
  if (cidr) return rangeRule(cidr[1]!, Number(cidr[2]));
  const [, host = entry, digits] = /^(.*):(\d{1,5})$/.exec(entry) ?? [];
  const port = digits === undefined ? null : Number(digits);
  if (port !== null && (port < 1 || port > 65_535)) return null;
  const address = canonicalAddress(host.replace(/^\[(.*)\]$/, '$1'));
  if (address !== null) return addressRule(address, port);
  const name = normalHost(host);
  // A last label of digits or 0x… is a number to resolvers, not a name.
  return name !== null && NAME.test(name) && isIP(name) === 0 ? { range: null, exact: true, host: name, port } : null;
}

function addressRule(address: string, port: number | null): AllowRule {
  const range = blockList([`${address}/${isIP(address) === 4 ? 32 : 128}`]);
  return { range, exact: true, host: address, port };
}

function rangeRule(network: string, bits: number): AllowRule | null {
  const address = canonicalAddress(network);
  // ::ffff:0:0/96 would be the whole of IPv4 under another name.
  if (address === null || isIP(address) !== isIP(network)) return null;
  const width = isIP(address) === 4 ? 32 : 128;
  if (bits > width) return null;
  return { range: blockList([`${address}/${bits}`]), exact: bits === width, host: address, port: null };
}

/**
 * A host as connections understand it: numbers in every notation (decimal, hex, octal, short) become addresses, names
 * lower case and ASCII. Null when it is none.
 */
export function normalHost(host: string): string | null {
  const isV6 = host.includes(':') && !host.startsWith('[');
  const url = `http://${isV6 ? `[${host}]` : host}`;
  if (/[/?#@\\\s]/.test(host) || !URL.canParse(url)) return null;
  const { hostname, port } = new URL(url);
  if (port !== '') return null;
  const plain = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  return canonicalAddress(plain) ?? (plain === '' ? null : plain);
}

/** The rules of `egress` in the configuration. */
export function createPolicy(settings: PolicySettings): Policy {
  const rules = settings.allow.map(parseAllowRule).filter((rule) => rule !== null);
  const ofPort = (port: number) => rules.filter((rule) => rule.port === null || rule.port === port);
  const covers = (rule: AllowRule, address: string) => rule.range !== null && inList(rule.range, address);
  const nameListed = ({ host, port }: Goal) => ofPort(port).some((rule) => rule.range === null && rule.host === host);
  const addressListed = (address: string, port: number) => ofPort(port).some((rule) => covers(rule, address));
  const exactlyListed = (address: string, port: number) =>
    ofPort(port).some((rule) => rule.exact && covers(rule, address));
  const isMetadata = (goal: Goal, address: string) => {
    const forms = [address, ...embeddedV4(address)].filter(isMetadataAddress);
    const isNamed = isMetadataName(goal.host) && nameListed(goal);
    return !isNamed && forms.some((form) => !exactlyListed(form, goal.port));
  };
  const isListed = (goal: Goal, address: string) => {
    if (nameListed(goal) || exactlyListed(address, goal.port)) return true;
    const carried = embeddedV4(address);
    const areCarriedFine = carried.every((form) => isPublicAddress(form) || addressListed(form, goal.port));
    return addressListed(address, goal.port) && areCarriedFine;
  };
  const unlisted = ({ port, isPlainHttp }: Goal): Refusal => {
    if (settings.mode !== 'any' && port < PORT_HIGH && !PORTS_LOW.has(port)) return 'port';
    return isPlainHttp && !settings.plainHttp ? 'plain' : null;
  };
  return {
    refusal: (goal, address) => {
      if (goal.port < 1 || isOwn(address, goal.port, settings.ownPorts)) return 'address';
      if (isMetadataName(goal.host) && !nameListed(goal)) return 'address';
      if (isMetadata(goal, address)) return 'address';
      if (isListed(goal, address)) return null;
      const isAddressFine = settings.mode === 'any' || (settings.mode === 'public' && isPublicAddress(address));
      return isAddressFine ? unlisted(goal) : 'address';
    },
    refusalOfName: (goal) => {
      if (nameListed(goal)) return null;
      const isLocal = goal.host === 'localhost' || goal.host.endsWith('.localhost');
      if (isMetadataName(goal.host) || settings.mode === 'allowlist') return 'address';
      return isLocal && settings.mode === 'public' ? 'address' : unlisted(goal);
    },
  };
}

/** Whether it is this server itself: events that are sent to it would come back for ever. */
function isOwn(address: string, port: number, ownPorts: PolicySettings['ownPorts']): boolean {
  if (!ownPorts || ![...ownPorts()].includes(port)) return false;
  const isHere = ['0.0.0.0', '::', '::1'].includes(address) || address.startsWith('127.');
  const interfaces = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return isHere || interfaces.some((each) => canonicalAddress(each.address) === address);
}
