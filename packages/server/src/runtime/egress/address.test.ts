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
  test('IPv4: every 2^12th address and its neighbours', () => {
    const differing: string[] = [];
    for (let block = 0; block < 2 ** 20; block += 1) {
      for (const word of [block * 4096, block * 4096 + 4095]) {
        const address = v4(word);
        if (isPublicAddress(address) !== isPublicByIpaddr(address)) differing.push(address);
      }
    }
    // Azure's wire server has a public address.
    expect(differing).toEqual([]);
    expect(isPublicAddress('168.63.129.16')).toBe(false);
  }, 60_000);

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
