import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import syslogClient from 'syslog-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import winston from 'winston';
import { Syslog, type SyslogTransportOptions } from 'winston-syslog';
import {
  ADMIN_KEY,
  allEvents,
  eventually,
  removeTempDirs,
  request,
  type SpawnedServer,
  spawnServer,
  tempDir,
} from '../support/server.ts';

/** logger, rsyslog and two libraries send, with what the README says to copy; every event is found once. */
const README = new URL(
  import.meta.url.replace(/\/packages\/server\/.*/, '/packages/server/src/receivers/syslog/README.md'),
);
const EVENTS = 300;
const RSYSLOGD = '/usr/sbin/rsyslogd';
const missing = (path: string) => (existsSync(path) ? '' : ` (skipped: no ${path})`);

let server: SpawnedServer;
let tls: { cert: string; key: string };

beforeAll(async () => {
  tls = selfSigned();
  server = await spawnServer({
    env: {
      TAILWATER_RECEIVERS_SYSLOG_UDP: '0',
      TAILWATER_RECEIVERS_SYSLOG_TCP: '0',
      TAILWATER_RECEIVERS_SYSLOG_TLS: '0',
      TAILWATER_RECEIVERS_SYSLOG_API_KEY: ADMIN_KEY,
      TAILWATER_RECEIVERS_TLS_CERT: tls.cert,
      TAILWATER_RECEIVERS_TLS_KEY: tls.key,
      TAILWATER_STORE_INSERT_INTERVAL_MS: '50ms',
    },
  });
});

afterAll(async () => {
  await server?.stop();
  removeTempDirs();
});

function selfSigned(): { cert: string; key: string } {
  const dir = tempDir();
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, '-days', '2', ...subject], {
    stdio: 'ignore',
  });
  return { cert, key };
}

const portOf = (listener: string, of = server) =>
  (of.ready as { listeners: Record<string, number> }).listeners[`syslog.${listener}`]!;

/** The block of the README in that language, for this server. */
function fromReadme(language: string, listener: string): string {
  const [, text] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readFileSync(README, 'utf8'))!;
  return text!.replaceAll('tailwater.example.com', '127.0.0.1').replaceAll('601', String(portOf(listener)));
}

/** Events of the service, which are the messages `number I of SERVICE …`, each once. */
async function expectAll(service: string, count = EVENTS): Promise<Record<string, unknown>[]> {
  const events = await eventually(async () => {
    const found = await allEvents(server, `service=${service}&order=asc&from=-1h`);
    return found.length >= count ? found : undefined;
  });
  const numbers = events.map(({ message }) => Number(/number (\d+) of größe/.exec(String(message))?.[1]));
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
  for (const event of events) {
    expect(event).toMatchObject({ receiver: 'syslog', org_id: 'default', service });
    expect(Math.abs(Date.parse(String(event.timestamp)) - Date.now())).toBeLessThan(120_000);
  }
  return events;
}

const textOf = (i: number) => `number ${i} of größe "x" [y]`;

function linesFile(): string {
  const path = join(tempDir(), 'lines');
  writeFileSync(path, Array.from({ length: EVENTS }, (_, i) => `${textOf(i)}\n`).join(''));
  return path;
}

const env = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', TZ: 'UTC', LC_ALL: 'C.UTF-8' };

test.each([
  ['udp', 'rfc3164', ['--udp']],
  ['udp', 'rfc5424', ['--udp']],
  ['tcp', 'rfc3164', ['--tcp']],
  ['tcp', 'rfc5424', ['--tcp', '--octet-count']],
])('logger over %s, %s', async (listener, format, options) => {
  const service = `logger-${listener}-${format}`;
  const structured = format === 'rfc5424' ? ['--msgid', 'M1', '--sd-id', 'ex@1', '--sd-param', 'k="v \\"w\\""'] : [];
  const target = ['--server', '127.0.0.1', '--port', String(portOf(listener)), ...options, `--${format}`];
  const what = ['--tag', service, '--id=77', '-p', 'local3.crit', ...structured, '--file', linesFile()];
  await promisify(execFile)('logger', [...target, ...what], { env });
  const [event] = await expectAll(service);
  expect(event).toMatchObject({
    severity: 'critical',
    severity_number: 21,
    metadata: { 'syslog.facility': 'local3', 'syslog.procid': '77' },
  });
  expect(event!.host).toMatch(/\w/);
  if (format === 'rfc5424') expect(event!.metadata).toMatchObject({ 'syslog.msgid': 'M1', 'ex@1.k': 'v "w"' });
});

test('logger, as in the README', async () => {
  await promisify(execFile)('sh', ['-c', fromReadme('sh', 'tcp')], { env });
  await eventually(async () => {
    const [event] = await allEvents(server, 'service=deploy&from=-1h');
    return event?.message === 'version 7 is out' ? event : undefined;
  });
});

/** rsyslogd with a socket of its own that logger writes to, and the action that forwards. */
async function viaRsyslog(service: string, action: string): Promise<void> {
  const dir = tempDir();
  mkdirSync(join(dir, 'work'));
  const socket = join(dir, 'socket');
  const config = join(dir, 'rsyslog.conf');
  const head = `global(workDirectory="${dir}/work")\nmodule(load="imuxsock" SysSock.Use="off")\n`;
  writeFileSync(config, `${head}input(type="imuxsock" Socket="${socket}" RateLimit.Interval="0")\n${action}\n`);
  const rsyslogd = spawn(RSYSLOGD, ['-n', '-f', config, '-i', join(dir, 'pid')], { stdio: 'ignore', env });
  const ended = once(rsyslogd, 'exit');
  try {
    await eventually(async () => (existsSync(socket) ? true : undefined));
    const what = ['--tag', service, '-p', 'user.warning', '--file', linesFile()];
    await promisify(execFile)('logger', ['--socket', socket, ...what], { env });
    await expectAll(service);
  } finally {
    rsyslogd.kill('SIGTERM');
    await ended;
  }
}

test.skipIf(!existsSync(RSYSLOGD))(`rsyslog over TCP, as in the README${missing(RSYSLOGD)}`, async () => {
  await viaRsyslog('rsyslog-counted', fromReadme('rsyslog', 'tcp'));
});

test.skipIf(!existsSync(RSYSLOGD)).each([
  ['udp', 'RSYSLOG_TraditionalForwardFormat'],
  ['tcp', 'RSYSLOG_TraditionalForwardFormat'],
  ['tcp', 'RSYSLOG_ForwardFormat'],
])(`rsyslog over %s, %s${missing(RSYSLOGD)}`, async (listener, template) => {
  const service = `rsyslog-${listener}-${template.length}`;
  const target = `target="127.0.0.1" port="${portOf(listener)}" protocol="${listener}" template="${template}"`;
  await viaRsyslog(service, `*.* action(type="omfwd" ${target})`);
});

const OSSL = '/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_ossl.so';
test.skipIf(!existsSync(RSYSLOGD) || !existsSync(OSSL))(`rsyslog over TLS${missing(OSSL)}`, async () => {
  const driver = `StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/certvalid"`;
  const target = `target="127.0.0.1" port="${portOf('tls')}" protocol="tcp" TCP_Framing="octet-counted"`;
  const ca = `global(DefaultNetstreamDriverCAFile="${tls.cert}")`;
  await viaRsyslog('rsyslog-tls', `${ca}\n*.* action(type="omfwd" ${target} ${driver})`);
});

const SYSLOG_NG = '/usr/sbin/syslog-ng';
test.skipIf(!existsSync(SYSLOG_NG))(`syslog-ng over TCP, as in the README${missing(SYSLOG_NG)}`, async () => {
  const dir = tempDir();
  const socket = join(dir, 'socket');
  const flow = 'log { source(s); destination(d_tailwater); };';
  const source = `@version: 3.38\nsource s { unix-dgram("${socket}"); };\n`;
  writeFileSync(join(dir, 'conf'), `${source}${fromReadme('syslog-ng', 'tcp')}\n${flow}\n`);
  const state = ['-R', join(dir, 'persist'), '-p', join(dir, 'pid'), '-c', join(dir, 'ctl')];
  const child = spawn(SYSLOG_NG, ['-F', '-f', join(dir, 'conf'), ...state], { stdio: 'ignore', env });
  const ended = once(child, 'exit');
  try {
    await eventually(async () => (existsSync(socket) ? true : undefined));
    const what = ['--tag', 'syslog-ng', '--file', linesFile()];
    await promisify(execFile)('logger', ['--socket', socket, ...what], { env });
    await expectAll('syslog-ng');
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
});

test.each([
  ['udp', true],
  ['udp', false],
  ['tcp', false],
] as const)('syslog-client over %s, RFC 3164: %s', async (listener, rfc3164) => {
  const service = `client-${listener}-${rfc3164}`;
  const { Transport, Facility, Severity } = syslogClient;
  const client = syslogClient.createClient('127.0.0.1', {
    port: portOf(listener),
    transport: { udp: Transport.Udp, tcp: Transport.Tcp }[listener],
    syslogHostname: 'web-1',
    appName: service,
    rfc3164,
    facility: Facility.Local0,
    severity: Severity.Error,
  });
  client.on('error', () => {});
  // In the older form it writes no tag; programs put it into the message.
  const tag = rfc3164 ? `${service}[12]: ` : '';
  for (let i = 0; i < EVENTS; i++) {
    await new Promise<void>((resolve, reject) =>
      client.log(`${tag}${textOf(i)}`, {}, (error) => (error == null ? resolve() : reject(error))),
    );
  }
  const [event] = await expectAll(service);
  client.close();
  expect(event).toMatchObject({ severity: 'error', host: 'web-1', metadata: { 'syslog.facility': 'local0' } });
});

test.each([
  ['udp4', 'BSD', undefined],
  ['tcp4', '5424', '\n'],
  ['tcp4', 'BSD', undefined],
  ['tls4', '5424', '\n'],
] as const)('winston-syslog over %s, %s, between messages %j', async (protocol, type, eol) => {
  const service = `winston-${protocol}-${type}`;
  const readme = JSON.parse(fromReadme('json', protocol.slice(0, 3))) as SyslogTransportOptions;
  const { eol: _, ...options } = { ...readme, protocol, type, app_name: service, localhost: 'web-2' };
  const secure = { protocolOptions: { ca: [readFileSync(tls.cert)] } };
  const transport = new Syslog({
    ...options,
    ...secure,
    ...(eol === undefined ? {} : { eol }),
  } as SyslogTransportOptions);
  transport.on('error', () => {});
  const logger = winston.createLogger({ levels: winston.config.syslog.levels, transports: [transport] });
  for (let i = 0; i < EVENTS; i++) {
    logger.error(textOf(i), { job: i });
    if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const [event] = await expectAll(service);
  logger.close();
  expect(event).toMatchObject({ severity: 'error', host: 'web-2' });
  expect(JSON.parse(String(event!.message))).toMatchObject({ job: expect.any(Number), level: 'error' });
});

test('a key that is none, and a client without a certificate, are refused and listed', async () => {
  const other = await spawnServer({
    env: {
      TAILWATER_RECEIVERS_SYSLOG_UDP: '0',
      TAILWATER_RECEIVERS_SYSLOG_TLS: '0',
      TAILWATER_RECEIVERS_SYSLOG_API_KEY: `${ADMIN_KEY}x`,
      TAILWATER_RECEIVERS_TLS_CERT: tls.cert,
      TAILWATER_RECEIVERS_TLS_KEY: tls.key,
      TAILWATER_RECEIVERS_TLS_CLIENT_CA: tls.cert,
    },
  });
  try {
    const target = ['--server', '127.0.0.1', '--port', String(portOf('udp', other)), '--udp'];
    await promisify(execFile)('logger', [...target, '--tag', 'nobody', 'hello'], { env });
    const ca = readFileSync(tls.cert);
    const socket = connectTls({ host: '127.0.0.1', port: portOf('tls', other), ca });
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('close', resolve));
    const reasons = await eventually(async () => {
      const text = await (await request(other, '/api/ingest/attempts')).text();
      return text.includes('TLS handshake') && text.includes('nobody') ? text : undefined;
    });
    expect(reasons).toContain('"syslog"');
    expect(await allEvents(other, 'from=-1h')).toEqual([]);
  } finally {
    await other.stop();
  }
});
