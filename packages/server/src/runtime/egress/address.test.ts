import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { canonicalAddress, embeddedV4, isPublicAddress } from './address.ts';

/** Parts of what IANA has as reachable from everywhere although they have a name of their own (AS112, AMT). */
const GLOBAL_BY_IANA = new Set(['as112', 'amt', 'as112v6']);

/** xorshift32: the same addresses in every run. */
function randomWords(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const v4 = (word: number) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255].join('.');
const v6 = (words: readonly number[]) =>
  words.flatMap((word) => [(word >>> 16).toString(16), (word & 0xffff).toString(16)]).join(':');

function isPublicByIpaddr(address: string): boolean {
  const range = ipaddr.process(address).range();
  return range === 'unicast' || GLOBAL_BY_IANA.has(range);
}

describe('what is public, beside a second opinion', () => {
  test('IPv4: both ends of each /16, and of each /24 where the registry is that fine', () => {
    const differing: string[] = [];
    const compare = (word: number) => {
      const address = v4(word);
      if (isPublicAddress(address) !== isPublicByIpaddr(address)) differing.push(address);
    };
    const ends = (from: number, count: number, size: number) => {
      for (let block = 0; block < count; block += 1) {
        compare(from + block * size);
        compare(from + block * size + size - 1);
      }
    };
    ends(0, 2 ** 16, 2 ** 16);
    for (const head of [192, 198, 203]) ends(head * 2 ** 24, 2 ** 16, 2 ** 8);
    expect(differing).toEqual([]);
  }, 60_000);

  test('but for Azure’s wire server, which has a public address', () => {
    expect([isPublicAddress('168.63.129.16'), isPublicByIpaddr('168.63.129.16')]).toEqual([false, true]);
  });

  test('IPv6: nothing is public here that is not so there', () => {
    const next = randomWords(4750);
    const heads = [0x20010000, 0x20020000, 0x0064ff9b, 0xfc000000, 0xfe800000, 0x3fff0000, 0x26064700, 0, 0x01000000];
    let isPublic = 0;
    for (let round = 0; round < 50_000; round += 1) {
      const head = round % 3 === 0 ? next() : heads[round % heads.length]! ^ (next() & (round % 2 === 0 ? 0 : 0xffff));
      const middle = round % 5 === 0 ? 0 : next();
      const address = canonicalAddress(v6([head, middle, round % 7 === 0 ? 0xffff : next(), next()]))!;
      if (!isPublicAddress(address)) continue;
      isPublic += 1;
      expect(isPublicByIpaddr(address), address).toBe(true);
    }
    expect(isPublic).toBeGreaterThan(1000);
  });

  test.each(['8.8.8.8', '1.1.1.1', '2606:4700::1111', '2a00:1450:4001::1', '2001:4860:4860::8888', '172.32.0.1'])(
    '%s is public',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );
});

test.each([
  ['::FFFF:1.2.3.4', '1.2.3.4'],
  ['0:0:0:0:0:ffff:102:304', '1.2.3.4'],
  ['2001:DB8:0:0::1', '2001:db8::1'],
  ['1.2.3.4', '1.2.3.4'],
  ['fe80::1%eth0', null],
  ['1.2.3', null],
  ['01.2.3.4', null],
  ['name', null],
])('%s is spelled %s', (given, canonical) => expect(canonicalAddress(given)).toBe(canonical));

test.each<[string, string[]]>([
  ['64:ff9b::102:304', ['1.2.3.4']],
  ['2002:102:304::1', ['1.2.3.4']],
  ['2001:0:102:304::fefd:fcfb', ['1.2.3.4', '1.2.3.4']],
  ['2606:4700::5efe:102:304', ['1.2.3.4']],
  ['::102:304', ['1.2.3.4']],
  ['2606:4700::1', []],
  ['1.2.3.4', []],
])('%s carries %j', (address, carried) => expect(embeddedV4(address)).toEqual(carried));
