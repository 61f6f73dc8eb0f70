import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import syslogClient from 'syslog-client';
import { expect, test } from 'vitest';
import winston from 'winston';
import { Syslog, type SyslogTransportOptions } from 'winston-syslog';
import {
  attemptsWith,
  expectNumbered,
  type FoundEvent,
  numbersTo,
  peerServer,
  portOf,
  readmeBlock,
  selfSigned,
} from '../support/peer.ts';
import { PROGRAM_ENV, program, whileRunning } from '../support/program.ts';
import { ADMIN_KEY, allEvents, eventually, spawnServer, tempDir } from '../support/server.ts';

/** logger, rsyslog and two libraries send, with what the README says to copy; every event is found once. */
const EVENTS = 300;
const LIBRARY = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/rsyslog`;
const rsyslogd = program('rsyslogd');
const rsyslogTls = program('rsyslogd', `${LIBRARY}/lmnsd_ossl.so`);
const syslogNg = program('syslog-ng');

let tls: { cert: string; key: string };
const peer = peerServer(() => {
  tls ??= selfSigned();
  return {
    env: {
      TAILWATER_RECEIVERS_SYSLOG_UDP: '0',
      TAILWATER_RECEIVERS_SYSLOG_TCP: '0',
      TAILWATER_RECEIVERS_SYSLOG_TLS: '0',
      TAILWATER_RECEIVERS_SYSLOG_API_KEY: ADMIN_KEY,
      TAILWATER_RECEIVERS_TLS_CERT: tls.cert,
      TAILWATER_RECEIVERS_TLS_KEY: tls.key,
    },
  };
});

/** The block of the README in that language, for that port. */
const fromReadme = (language: string, port: number, word = '') =>
  readmeBlock('syslog', language, word)
    .replaceAll('tailwater.example.com', '127.0.0.1')
    .replaceAll(/\b(601|6514)\b/g, String(port));

/** The events of the service are the messages `number I of größe …`, each once. */
async function expectAll(service: string, count = EVENTS): Promise<FoundEvent[]> {
  const events = await peer.found(service, count);
  expectNumbered(events, count, /number (\d+) of größe/, () => ({ receiver: 'syslog', org_id: 'default', service }));
  for (const { timestamp } of events) {
    expect(Math.abs(Date.parse(String(timestamp)) - Date.now())).toBeLessThan(120_000);
  }
  return events;
}

const textOf = (i: number) => `number ${i} of größe "x" [y]`;

/** A file of the lines from that number to before this. */
function linesFile(from = 0, to = EVENTS): string {
  const path = join(tempDir(), 'lines');
  const lines = numbersTo(to)
    .slice(from)
    .map((i) => `${textOf(i)}\n`);
  writeFileSync(path, lines.join(''));
  return path;
}

const logger = (...args: readonly string[]) => promisify(execFile)('logger', args, { env: PROGRAM_ENV });

test.each([
  ['udp', 'rfc3164', ['--udp']],
  ['udp', 'rfc5424', ['--udp']],
  ['tcp', 'rfc3164', ['--tcp']],
  ['tcp', 'rfc5424', ['--tcp', '--octet-count']],
])('logger over %s, %s', async (listener, format, options) => {
  const service = `logger-${listener}-${format}`;
  const structured = format === 'rfc5424' ? ['--msgid', 'M1', '--sd-id', 'ex@1', '--sd-param', 'k="v \\"w\\""'] : [];
  const target = ['--server', '127.0.0.1', '--port', `${peer.port(`syslog.${listener}`)}`, ...options, `--${format}`];
  const what = ['--tag', service, '--id=77', '-p', 'local3.crit', ...structured, '--file', linesFile()];
  await logger(...target, ...what);
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
  await promisify(execFile)('sh', ['-c', fromReadme('sh', peer.port('syslog.tcp'))], { env: PROGRAM_ENV });
  expect(await peer.found('deploy', 1)).toMatchObject([{ message: 'version 7 is out' }]);
});

/** rsyslogd with a socket of its own that logger writes to, and the action that forwards. */
async function viaRsyslog(service: string, action: string, between = async () => {}): Promise<void> {
  const dir = tempDir();
  mkdirSync(join(dir, 'work'));
  const socket = join(dir, 'socket');
  const config = join(dir, 'rsyslog.conf');
  const head = `global(workDirectory="${dir}/work")\nmodule(load="imuxsock" SysSock.Use="off")\n`;
  writeFileSync(config, `${head}input(type="imuxsock" Socket="${socket}" RateLimit.Interval="0")\n${action}\n`);
  await whileRunning(rsyslogd, ['-n', '-f', config, '-i', join(dir, 'pid')], () => viaSocket(socket, service, between));
}

/** Half of the events before `between`, half after it; all of them are found. */
async function viaSocket(socket: string, service: string, between: () => Promise<void>): Promise<void> {
  await eventually(async () => (existsSync(socket) ? true : undefined));
  const to = ['--socket', socket, '--tag', service, '-p', 'user.warning'];
  await logger(...to, '--file', linesFile(0, EVENTS / 2));
  await between();
  await logger(...to, '--file', linesFile(EVENTS / 2));
  const [event] = await expectAll(service);
  expect(event).toMatchObject({ severity: 'warn', metadata: { 'syslog.facility': 'user' } });
}

test.skipIf(rsyslogd.isMissing)(`rsyslog over TCP, as in the README${rsyslogd.why}`, async () => {
  await viaRsyslog('rsyslog-counted', fromReadme('rsyslog', peer.port('syslog.tcp'), '"601"'));
});

test.skipIf(rsyslogd.isMissing).each([
  ['udp', 'RSYSLOG_TraditionalForwardFormat'],
  ['tcp', 'RSYSLOG_TraditionalForwardFormat'],
  ['tcp', 'RSYSLOG_ForwardFormat'],
])(`rsyslog over %s, %s${rsyslogd.why}`, async (listener, template) => {
  const service = `rsyslog-${listener}-${template.length}`;
  const port = peer.port(`syslog.${listener}`);
  const target = `target="127.0.0.1" port="${port}" protocol="${listener}" template="${template}"`;
  await viaRsyslog(service, `*.* action(type="omfwd" ${target})`);
});

test.skipIf(rsyslogTls.isMissing)(`rsyslog over TLS, as in the README${rsyslogTls.why}`, async () => {
  const action = fromReadme('rsyslog', peer.port('syslog.tls'), 'StreamDriver').replace(/\/etc\S*\.pem/, tls.cert);
  await viaRsyslog('rsyslog-tls', action);
});

/** syslog-ng with a socket of its own, and the destination of the README. */
async function viaSyslogNg(service: string, destination: string, between = async () => {}): Promise<void> {
  const dir = tempDir();
  const socket = join(dir, 'socket');
  const flow = 'log { source(s); destination(d_tailwater); };';
  const source = `@version: 3.35\nsource s { unix-dgram("${socket}"); };\n`;
  writeFileSync(join(dir, 'conf'), `${source}${destination}\n${flow}\n`);
  const state = ['-R', join(dir, 'persist'), '-p', join(dir, 'pid'), '-c', join(dir, 'ctl')];
  await whileRunning(syslogNg, ['-F', '-e', '-f', join(dir, 'conf'), ...state], () =>
    viaSocket(socket, service, between),
  );
}

test.skipIf(syslogNg.isMissing)(`syslog-ng over TCP, as in the README${syslogNg.why}`, async () => {
  await viaSyslogNg('syslog-ng', fromReadme('syslog-ng', peer.port('syslog.tcp'), '"tcp"'));
});

test.skipIf(syslogNg.isMissing)(`syslog-ng over TLS, as in the README${syslogNg.why}`, async () => {
  const destination = fromReadme('syslog-ng', peer.port('syslog.tls'), '"tls"').replace(/\/etc\S*\.pem/, tls.cert);
  await viaSyslogNg('syslog-ng-tls', destination.replace('"127.0.0.1"', '"localhost"'));
});

test.each([
  ['udp', true],
  ['udp', false],
  ['tcp', false],
] as const)('syslog-client over %s, RFC 3164: %s', async (listener, rfc3164) => {
  const service = `client-${listener}-${rfc3164}`;
  const { Transport, Facility, Severity } = syslogClient;
  const client = syslogClient.createClient('127.0.0.1', {
    port: peer.port(`syslog.${listener}`),
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
  const readme = JSON.parse(fromReadme('json', peer.port(`syslog.${protocol.slice(0, 3)}`))) as SyslogTransportOptions;
  const { eol: _, ...options } = { ...readme, protocol, type, app_name: service, localhost: 'web-2' };
  const secure = { protocolOptions: { ca: [readFileSync(tls.cert)] } };
  const transport = new Syslog({
    ...options,
    ...secure,
    ...(eol === undefined ? {} : { eol }),
  } as SyslogTransportOptions);
  transport.on('error', () => {});
  const winstonLogger = winston.createLogger({ levels: winston.config.syslog.levels, transports: [transport] });
  for (let i = 0; i < EVENTS; i++) {
    winstonLogger.error(textOf(i), { job: i });
    if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const [event] = await expectAll(service);
  winstonLogger.close();
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
    const target = ['--server', '127.0.0.1', '--port', String(portOf(other, 'syslog.udp')), '--udp'];
    await logger(...target, '--tag', 'nobody', 'hello');
    const ca = readFileSync(tls.cert);
    const socket = connectTls({ host: '127.0.0.1', port: portOf(other, 'syslog.tls'), ca });
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('close', resolve));
    await attemptsWith(other, 'TLS handshake', 'nobody', '"syslog"');
    expect(await allEvents(other, 'from=-1h')).toEqual([]);
  } finally {
    await other.stop();
  }
});
