import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEgress } from './create-egress.ts';
import type { Lookup } from './lookup.ts';

/** Names as an attacker's zone would have them. */
const ZONE: Record<string, readonly string[]> = {
  'loopback.attacker.example': ['127.0.0.1'],
  'loopback6.attacker.example': ['::1'],
  'private.attacker.example': ['10.1.2.3'],
  'one-of-two.attacker.example': ['93.184.216.34', '192.168.0.1'],
  'one-of-many.attacker.example': ['2606:4700::1111', '93.184.216.34', '93.184.216.35', 'fd00::5'],
  'mapped.attacker.example': ['::ffff:127.0.0.1'],
  'mapped-metadata.attacker.example': ['::ffff:169.254.169.254'],
  'nat64.attacker.example': ['64:ff9b::7f00:1'],
  'six-to-four.attacker.example': ['2002:7f00:1::'],
  'zone-id.attacker.example': ['fe80::1%lo'],
  'metadata.attacker.example': ['169.254.169.254'],
  'azure.attacker.example': ['168.63.129.16'],
  'unspecified.attacker.example': ['0.0.0.0'],
  'garbage.attacker.example': ['not an address'],
  '127.0.0.1.nip.example': ['127.0.0.1'],
  localhost: ['127.0.0.1', '::1'],
  'app.localhost': ['127.0.0.1'],
  'metadata.google.internal': ['93.184.216.34'],
  'metadata.goog': ['93.184.216.34'],
  'instance-data': ['93.184.216.34'],
  metadata: ['93.184.216.34'],
  'xn--lcalhost-55a.attacker.example': ['127.0.0.1'],
};

/** Every address that is not the zone's is one of this machine, as the worst resolver would say. */
const lookup: Lookup = async (host) =>
  (ZONE[host] ?? ['127.0.0.1']).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

/** Hosts, as they stand in a URL. */
const TRICKS = [
  // Loopback in every notation that some resolver or URL parser takes.
  ...['127.0.0.1', '127.0.0.2', '127.255.255.255', '127.1', '127.0.1', '127.000.000.001', '2130706433', '017700000001'],
  ...[
    '0x7f000001',
    '0x7f.0.0.1',
    '0x7f.1',
    '0177.0.0.1',
    '0177.1',
    '0x7F.0x0.0x0.0x1',
    '127.0x1',
    '0x7f.0.1',
    '127.1.',
  ],
  ...['127.0.0.1.', '127%2e0%2e0%2e1', '%31%32%37.0.0.1', '１２７.0.0.1', '127。0。0。1', '①②⑦.0.0.1', '0000177.0.0.1'],
  ...['00000000177.0.0.01', '0x0000007f.1', '017700000001.', '0X7F000001'],
  // This machine by no address.
  ...['0.0.0.0', '0', '0x0', '00.0', '0.1.2.3', '[::]', '[0:0:0:0:0:0:0:0]'],
  // IPv6 of loopback, and IPv4 in IPv6.
  ...[
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[0000:0000:0000:0000:0000:0000:0000:0001]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
  ],
  ...['[0:0:0:0:0:ffff:127.0.0.1]', '[::FFFF:127.0.0.1]', '[::127.0.0.1]', '[::7f00:1]', '[::ffff:0:127.0.0.1]'],
  ...[
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b::a9fe:a9fe]',
    '[64:ff9b:1::7f00:1]',
    '[64:ff9b:1:a9fe:a9:fe00::]',
    '[2002:7f00:1::]',
  ],
  ...['[2002:a9fe:a9fe::1]', '[2002:c0a8:1::]', '[2001:0:7f00:1::]', '[2001:0:4136:e378:8000:63bf:80ff:fffe]'],
  ...['[2606:4700::5efe:127.0.0.1]', '[2606:4700::200:5efe:10.0.0.1]', '[::ffff:10.0.0.1]', '[::ffff:192.168.1.1]'],
  // Private, shared, reserved.
  ...[
    '10.0.0.1',
    '167772161',
    '0xa000001',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '192.168.1',
  ],
  ...[
    '3232235521',
    '0300.0250.0.1',
    '100.64.0.1',
    '100.127.255.254',
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '198.18.0.1',
  ],
  ...['198.19.255.255', '198.51.100.7', '203.0.113.9', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255'],
  ...['4294967295', '[fc00::1]', '[fd12:3456:789a::1]', '[fe80::1]', '[febf::1]', '[fec0::1]', '[ff02::1]', '[100::1]'],
  ...['[2001:db8::1]', '[3fff::1]', '[2001:10::1]', '[5f00::1]', '[4000::1]', '[e000::1]', '[8000::]'],
  // Metadata services.
  ...['169.254.169.254', '169.254.43518', '2852039166', '0xa9fea9fe', '0xA9.0xFE.0xA9.0xFE', '0251.0376.0251.0376'],
  ...['[::ffff:169.254.169.254]', '[::ffff:a9fe:a9fe]', '169.254.170.2', '169.254.170.23', '169.254.0.23'],
  ...['100.100.100.200', '168.63.129.16', '192.0.0.192', '[fd00:ec2::254]', '[fd00:ec2::23]', '[fd20:ce::254]'],
  ...['[fe80::a9fe:a9fe]', '425.510.425.510', '169.254.169.254.'],
  // Names.
  ...Object.keys(ZONE),
  ...[
    'LOCALHOST',
    'localhost.',
    'ｌｏｃａｌｈｏｓｔ',
    'METADATA.google.internal',
    'metadata.google.internal.',
    'lo\tcalhost',
  ],
  // No hosts at all.
  ...[
    '',
    '[fe80::1%25lo]',
    '[fe80::1%lo]',
    '[::1',
    '::1',
    '999.1.1.1',
    '0x100000000',
    '4294967296',
    '1.2.3.4.5',
    'a b',
  ],
  // User and password, to make one look like the other.
  ...['good.example@127.0.0.1', 'user:secret@good.example', '127.0.0.1#@good.example', '127.0.0.1\\@good.example'],
];

describe(`${TRICKS.length} tricks to reach a place that is not of the public internet`, () => {
  let port = 0;
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  beforeAll(async () => {
    server.listen(0, '::');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => server.close());

  const egress = createEgress({ mode: 'public', allow: [], plainHttp: true, lookup });
  const refused = { name: 'PermanentError', code: expect.stringMatching(/^(egress_denied|invalid_field)$/) as string };

  test.each(TRICKS)('%j', async (host) => {
    const signal = AbortSignal.timeout(10_000);
    for (const scheme of ['http', 'https']) {
      const url = `${scheme}://${host}:${port}/`;
      await expect(egress.request({ method: 'GET', url, signal })).rejects.toMatchObject(refused);
      await expect(egress.check(url)).rejects.toMatchObject(refused);
    }
    for (const tls of [null, {}]) {
      await expect(egress.connect({ host, port, tls, signal })).rejects.toMatchObject(refused);
    }
    expect(connections).toBe(0);
  });

  test.each(Object.entries(ZONE).filter(([host]) => host !== '127.0.0.1.nip.example'))(
    'the refusal of %s does not tell what it resolved to',
    async (host, addresses) => {
      const error: unknown = await egress.check(`https://${host}:${port}/`).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'egress_denied' });
      for (const address of addresses) expect(String(error)).not.toContain(address);
    },
  );

  test('user and password in an address that would be allowed', async () => {
    const egressToAll = createEgress({ mode: 'any', allow: [], plainHttp: true, lookup });
    await expect(egressToAll.check('https://good.example/')).resolves.toBeUndefined();
    for (const user of ['user:secret', 'user', ':secret']) {
      await expect(egressToAll.check(`https://${user}@good.example/`), user).rejects.toMatchObject({
        code: 'invalid_field',
        message: expect.not.stringContaining('secret') as string,
      });
    }
  });

  test.each([
    'ftp://good.example/',
    'file:///etc/passwd',
    'gopher://good.example/',
    'unix:/run/docker.sock',
    'data:,x',
  ])('the scheme of %s', async (url) => {
    const signal = AbortSignal.timeout(10_000);
    await expect(egress.request({ method: 'GET', url, signal })).rejects.toMatchObject(refused);
  });
});

describe('with all private ranges allowed', () => {
  const allow = ['0.0.0.0/0', '::/0', '169.254.0.0/16', '10.0.0.0/8', 'azure.attacker.example', 'fd00::/8'];
  const metadata = [
    ...['169.254.169.254', '2852039166', '[::ffff:169.254.169.254]', '[64:ff9b::a9fe:a9fe]', '[2002:a9fe:a9fe::]'],
    ...['169.254.170.2', '100.100.100.200', '168.63.129.16', '192.0.0.192', '[fd00:ec2::254]', '[fd20:ce::254]'],
    ...['metadata.google.internal', 'metadata.attacker.example', 'azure.attacker.example', '[fe80::a9fe:a9fe]'],
  ];

  test.each(metadata)('metadata services stay out of reach: %s', async (host) => {
    for (const mode of ['public', 'allowlist', 'any'] as const) {
      const egress = createEgress({ mode, allow, plainHttp: true, lookup });
      await expect(egress.check(`http://${host}/`), mode).rejects.toMatchObject({ code: 'egress_denied' });
    }
  });

  test.each([
    ['169.254.169.254', 'http://169.254.169.254/'],
    ['169.254.169.254/32', 'http://2852039166/'],
    ['169.254.169.254:80', 'http://metadata.attacker.example/'],
    ['fd00:ec2::254', 'http://[fd00:ec2::254]/'],
    ['[fd00:ec2::254]:80', 'http://[fd00:ec2::254]/'],
    ['metadata.google.internal', 'http://metadata.google.internal/'],
  ])('%s, listed exactly, is allowed', async (entry, url) => {
    const egress = createEgress({ mode: 'public', allow: [...allow, entry], plainHttp: true, lookup });
    await expect(egress.check(url)).resolves.toBeUndefined();
    await expect(egress.check('http://169.254.170.2/')).rejects.toMatchObject({ code: 'egress_denied' });
  });
});
