import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { createEgress, type EgressOptions } from './create-egress.ts';
import { parseAllowRule } from './policy.ts';

const lookup: EgressOptions['lookup'] = async (host) => {
  const addresses: Record<string, string> = { 'vault.internal': '10.0.0.9', 'public.example': '93.184.216.34' };
  return [{ address: addresses[host] ?? '93.184.216.35', family: 4 }];
};

async function answer(options: Partial<EgressOptions>, target: string): Promise<string> {
  const egress = createEgress({ mode: 'public', allow: [], plainHttp: false, lookup, ...options });
  return egress.check(target).then(
    () => 'allowed',
    (error: { code: string; message: string }) => (error.message.includes('in clear') ? 'plain' : error.code),
  );
}

describe('what may be connected to', () => {
  test.each<[string, Partial<EgressOptions>, string, string]>([
    ['a public host', {}, 'https://public.example/', 'allowed'],
    ['a public address', {}, 'https://93.184.216.34:9200', 'allowed'],
    ['syslog', {}, 'public.example:514', 'allowed'],
    ['syslog over TLS', {}, 'public.example:6514', 'allowed'],
    ['mail is not ours', {}, 'public.example:25', 'egress_denied'],
    ['mail, listed', { allow: ['public.example:25'] }, 'public.example:25', 'allowed'],
    ['http in clear', {}, 'http://public.example/', 'plain'],
    ['http in clear, switched on', { plainHttp: true }, 'http://public.example/', 'allowed'],
    ['http to a listed name', { allow: ['public.example'] }, 'http://public.example/', 'allowed'],
    ['http to a listed range', { allow: ['10.0.0.0/8'] }, 'http://vault.internal:3100/', 'allowed'],
    ['a listed range', { allow: ['10.0.0.0/8'] }, 'https://10.9.9.9/', 'allowed'],
    ['outside of it', { allow: ['10.0.0.0/8'] }, 'https://192.168.0.1/', 'egress_denied'],
    ['a listed name that is private', { allow: ['vault.internal'] }, 'https://vault.internal:8200/', 'allowed'],
    ['its name in capitals', { allow: ['Vault.Internal'] }, 'https://VAULT.internal./', 'allowed'],
    ['the address of a listed name', { allow: ['vault.internal'] }, 'https://10.0.0.9/', 'egress_denied'],
    ['a listed port', { allow: ['vault.internal:8200'] }, 'https://vault.internal:8200/', 'allowed'],
    ['another port', { allow: ['vault.internal:8200'] }, 'https://vault.internal:8201/', 'egress_denied'],
    ['a port of an address', { allow: ['[::1]:9200'] }, 'http://[::1]:9200/', 'allowed'],
    ['NAT64 listed', { allow: ['64:ff9b::/96'] }, 'https://[64:ff9b::5db8:d822]/', 'allowed'],
    ['NAT64 listed, to a private address', { allow: ['64:ff9b::/96'] }, 'https://[64:ff9b::a00:1]/', 'egress_denied'],
    ['both listed', { allow: ['64:ff9b::/96', '10.0.0.0/8'] }, 'https://[64:ff9b::a00:1]/', 'allowed'],
    ['only the list', { mode: 'allowlist' }, 'https://public.example/', 'egress_denied'],
    ['the list', { mode: 'allowlist', allow: ['public.example'] }, 'https://public.example/', 'allowed'],
    ['anything', { mode: 'any' }, 'https://10.0.0.1/', 'allowed'],
    ['this machine', { mode: 'any' }, 'localhost:25', 'allowed'],
    ['anything, but in clear', { mode: 'any' }, 'http://10.0.0.1/', 'plain'],
  ])('%s', async (_what, options, target, expected) => {
    expect(await answer(options, target)).toBe(expected);
  });

  test('this server itself is never spoken to, by none of its addresses', async () => {
    const options = { mode: 'any' as const, allow: ['0.0.0.0/0', '::/0'], ownPorts: () => [4750] };
    const own = Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
    const hosts = [...own, '127.0.0.1', '127.7.7.7', '0.0.0.0', '::', '::1'].filter((host) => !host.startsWith('fe80'));
    for (const host of hosts) {
      const target = host.includes(':') ? `[${host}]` : host;
      expect(await answer(options, `${target}:4750`), host).toBe('egress_denied');
      expect(await answer(options, `${target}:4751`), host).toBe('allowed');
    }
  });

  test('a name that is unknown now may be saved', async () => {
    const unknown = async () => {
      throw Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    };
    expect(await answer({ lookup: unknown }, 'https://later.example/')).toBe('allowed');
  });

  test.each(['public.example', 'public.example:0', 'public.example:65536', ':80', '', 'https://', 'a/b:80'])(
    '%j is no target',
    async (target) => expect(await answer({}, target)).toBe('invalid_field'),
  );
});

test.each([
  '10.0.0.0/8',
  'fd00::/8',
  '10.0.0.1',
  '::1',
  '[::1]',
  '[::1]:80',
  '10.0.0.1:80',
  'a.b',
  'a_b.c',
  'a:1',
  'x-1.',
])('%s can be listed', (entry) => expect(parseAllowRule(entry)).not.toBeNull());

test.each([
  ...[
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0/8',
    '::ffff:10.0.0.0/104',
    'a/8',
    '',
    'a b',
    'http://a',
    'a:0',
    'a:65536',
    '-a',
  ],
  ...['user@a', '*.a', 'fe80::1%lo', 'a..b', '10.0.0.0/', '/8', '[a]'],
])('%j cannot be listed', (entry) => expect(parseAllowRule(entry)).toBeNull());
