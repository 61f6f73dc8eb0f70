import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { syslog } from '../../src/destinations/syslog/index.ts';
import { hasOpenssl, makeAuthority } from '../support/certificates.ts';
import { countNumbers, deliveryTo, numberedEvents, type PeerDelivery } from '../support/deliver-to-peer.ts';
import { freePort, program, whileRunning } from '../support/program.ts';
import { eventually, removeTempDirs, tempDir } from '../support/server.ts';
import { parseMessage, type SyslogMessage } from '../support/vendors/syslog.ts';

/** rsyslog and syslog-ng write what they got into a file, and are stopped and started again in the middle. */
const EVENTS = 500;
const LIBRARY = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/rsyslog`;
const rsyslogd = program('rsyslogd');
const rsyslogTls = program('rsyslogd', `${LIBRARY}/lmnsd_ossl.so`);
const syslogNg = program('syslog-ng');

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});
afterAll(removeTempDirs);

function deliver(settings: object, secrets: Record<string, string> = {}): PeerDelivery {
  const delivery = deliveryTo(syslog, { config: syslog.config.parse(settings), secrets });
  opened.push(delivery);
  return delivery;
}

/** What is in the file, each line a message of RFC 5424 in JSON's quoting, as the templates below write it. */
function written(file: string): SyslogMessage[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    // rsyslog has no other way to write UTC.
    const message = parseMessage(line.replace('+00:00 ', 'Z '));
    if (message === null) throw new Error(`no RFC 5424: ${line}`);
    return message;
  });
}

const ofService = (file: string, service: string) => written(file).filter(({ app }) => app === service);

/** Half of the events, a restart while the others are sent, all of them there. */
async function throughRestart(
  peer: { run: <T>(during: () => Promise<T>) => Promise<T>; file: string },
  delivery: PeerDelivery,
) {
  await peer.run(async () => {
    await eventually(async () => ((await delivery.test()).every(({ ok }) => ok) ? true : undefined));
    await delivery.send(numberedEvents('shop', 0, EVENTS / 2));
  });
  expect((await delivery.test()).at(-1)).toMatchObject({ ok: false });
  const rest = delivery.send(numberedEvents('shop', EVENTS / 2, EVENTS));
  await peer.run(async () => {
    await rest;
    await eventually(async () => (ofService(peer.file, 'shop').length >= EVENTS ? true : undefined));
  });
  const messages = ofService(peer.file, 'shop');
  countNumbers(
    messages.map(({ message }) => message),
    EVENTS,
  );
  for (const message of messages) {
    expect(message).toMatchObject({
      priority: 1 * 8 + 4,
      host: 'box-1',
      app: 'shop',
      procid: '-',
      msgid: 'gateway.request',
    });
    expect(message.data).toMatch(/^\[tailwater@32473 event_id="[0-9a-f]{22}" org_id="acme" log_type="gateway"/);
    expect(message.data).toContain('[attributes@32473 price="1.50" big="123456789012345678901234567890" ok="true"');
    expect(message.data).toContain('[labels@32473 region="north" tier="web"]');
    expect(message.message).toMatch(/^number \d+ of größe "x"$/);
    expect(Math.abs(Date.parse(message.time) - Date.now())).toBeLessThan(300_000);
  }
}

/** Without the attribute whose line feed would need a quoting of its own in a file of lines. */
const TEMPLATE =
  'template(name="whole" type="string" string="<%pri%>1 %timestamp:::date-rfc3339,date-utc% %hostname% %app-name% %procid% %msgid% %structured-data:::drop-cc% %msg%\\n")';

async function rsyslog(input: string, head = '') {
  const dir = tempDir();
  mkdirSync(join(dir, 'work'));
  const [file, config] = [join(dir, 'out'), join(dir, 'rsyslog.conf')];
  const lines = [
    `global(workDirectory="${dir}/work" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off"${head})`,
    TEMPLATE,
    input,
    `action(type="omfile" file="${file}" template="whole" asyncWriting="off" flushOnTXEnd="on")`,
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  return {
    file,
    run: <T>(during: () => Promise<T>) => whileRunning(rsyslogd, ['-n', '-f', config, '-i', join(dir, `pid`)], during),
  };
}

describe.skipIf(rsyslogd.isMissing)(`rsyslog${rsyslogd.why}`, () => {
  test.each(['octet-counted', 'newline'])('over TCP, %s, over a restart', async (framing) => {
    const port = await freePort();
    const peer = await rsyslog(`module(load="imtcp")\ninput(type="imtcp" address="127.0.0.1" port="${port}")`);
    await throughRestart(peer, deliver({ host: '127.0.0.1', port, framing }));
  });

  test('over one connection that is kept', async () => {
    const port = await freePort();
    const peer = await rsyslog(`module(load="imtcp")\ninput(type="imtcp" address="127.0.0.1" port="${port}")`);
    const delivery = deliver({ host: '127.0.0.1', port, confirm: 'none' });
    await peer.run(async () => {
      await eventually(async () => ((await delivery.test()).every(({ ok }) => ok) ? true : undefined));
      await delivery.send(numberedEvents('kept', 0, EVENTS));
      const messages = await eventually(async () => {
        const found = ofService(peer.file, 'kept');
        return found.length >= EVENTS ? found : undefined;
      });
      expect(
        countNumbers(
          messages.map(({ message }) => message),
          EVENTS,
        ),
      ).toEqual({ twice: 0 });
    });
  });
});

test.skipIf(rsyslogTls.isMissing || !hasOpenssl)(
  `rsyslog over TLS with a client certificate, over a restart${rsyslogTls.why}`,
  async () => {
    const authority = makeAuthority();
    const [server, client] = [authority.issue('IP:127.0.0.1'), authority.issue('DNS:client.example')];
    const dir = tempDir();
    for (const [name, pem] of Object.entries({ ca: authority.ca, cert: server.cert, key: server.key })) {
      writeFileSync(join(dir, name), pem);
    }
    const port = await freePort();
    const files = ` DefaultNetstreamDriver="ossl" DefaultNetstreamDriverCAFile="${dir}/ca" DefaultNetstreamDriverCertFile="${dir}/cert" DefaultNetstreamDriverKeyFile="${dir}/key"`;
    const mode = 'StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="x509/certvalid"';
    const peer = await rsyslog(
      `module(load="imtcp" ${mode})\ninput(type="imtcp" address="127.0.0.1" port="${port}")`,
      files,
    );
    const own = { host: '127.0.0.1', port, tls: true, ca: authority.ca, client_certificate: client.cert };
    await throughRestart(peer, deliver(own, { client_key: client.key }));
    await peer.run(async () => {
      const stranger = deliver({ host: '127.0.0.1', port, tls: true });
      const steps = await eventually(async () => {
        const told = await stranger.test();
        return /refused/.test(told.at(-1)!.detail) ? undefined : told;
      });
      expect(steps.at(-1)).toMatchObject({ ok: false, detail: expect.stringMatching(/CA that is not trusted/) });
    });
    authority.close();
  },
);

test.skipIf(syslogNg.isMissing)(`syslog-ng over TCP, over a restart${syslogNg.why}`, async () => {
  const dir = tempDir();
  const [file, config, port] = [join(dir, 'out'), join(dir, 'syslog-ng.conf'), await freePort()];
  const template = '<$PRI>1 $ISODATE $HOST $PROGRAM $PID $MSGID $SDATA $MSG\\n';
  writeFileSync(
    config,
    `@version: 3.38
options { keep-hostname(yes); use-dns(no); ts-format(iso); time-zone("UTC"); frac-digits(6); stats-freq(0); };
source s { syslog(ip("127.0.0.1") port(${port}) transport("tcp")); };
destination d { file("${file}" template("${template}") template-escape(no) flush-lines(1)); };
log { source(s); destination(d); };
`,
  );
  const args = [
    '-F',
    '--no-caps',
    '-f',
    config,
    '-R',
    join(dir, 'persist'),
    '-p',
    join(dir, 'pid'),
    '-c',
    join(dir, 'ctl'),
  ];
  const run = <T>(during: () => Promise<T>) => whileRunning(syslogNg, args, during);
  await throughRestartLoosely({ file, run }, deliver({ host: '127.0.0.1', port }));
});

/** syslog-ng writes `+00:00` and sorts structured data: what it has is looked for in its lines. */
async function throughRestartLoosely(
  peer: { run: <T>(during: () => Promise<T>) => Promise<T>; file: string },
  delivery: PeerDelivery,
): Promise<void> {
  const lines = () =>
    existsSync(peer.file)
      ? readFileSync(peer.file, 'utf8')
          .split(/\n(?=<)/)
          .filter((line) => line.includes(' shop '))
      : [];
  await peer.run(async () => {
    await eventually(async () => ((await delivery.test()).every(({ ok }) => ok) ? true : undefined));
    await delivery.send(numberedEvents('shop', 0, EVENTS / 2));
  });
  expect((await delivery.test()).at(-1)).toMatchObject({ ok: false });
  const rest = delivery.send(numberedEvents('shop', EVENTS / 2, EVENTS));
  await peer.run(async () => {
    await rest;
    await eventually(async () => (lines().length >= EVENTS ? true : undefined));
  });
  countNumbers(lines(), EVENTS);
  for (const line of lines()) {
    expect(line).toMatch(/^<12>1 \S+ box-1 shop {2}gateway\.request \[/);
    expect(line).toContain('price="1.50"');
    expect(line).toContain('log_type="gateway"');
  }
}
