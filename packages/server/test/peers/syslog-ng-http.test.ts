import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { attemptsWith, expectNumbered, numbersTo, peerServer, readmeBlock } from '../support/peer.ts';
import { PROGRAM_ENV, program, whileRunning } from '../support/program.ts';
import { ADMIN_KEY, allEvents, eventually, tempDir } from '../support/server.ts';

/** syslog-ng's http() speaks Elasticsearch's bulk API, with what the README says to copy. */
const EVENTS = 400;
const syslogNg = program('syslog-ng');
const peer = peerServer();

/** The numbers go to syslog-ng's socket: half of them before `between`. */
async function send(service: string, key: string, port: number, between: () => Promise<unknown>): Promise<void> {
  const dir = tempDir();
  const [socket, config, lines] = [join(dir, 'socket'), join(dir, 'conf'), join(dir, 'lines')];
  const destination = readmeBlock('elasticsearch', 'syslog-ng')
    .replace('tailwater:4750', `127.0.0.1:${port}`)
    .replace('ApiKey KEY', `ApiKey ${key}`);
  const flow = 'log { source(s); destination(d_tailwater); };';
  const options = 'options { time-reopen(1); };';
  writeFileSync(
    config,
    `@version: 3.35\n${options}\nsource s { unix-dgram("${socket}"); };\n${destination}\n${flow}\n`,
  );
  const logger = (from: number, to: number) => {
    writeFileSync(
      lines,
      numbersTo(to)
        .slice(from)
        .map((i) => `number ${i} of größe "x"\n`)
        .join(''),
    );
    const args = ['--socket', socket, '--tag', service, '-p', 'user.warning', '--file', lines];
    return promisify(execFile)('logger', args, { env: PROGRAM_ENV });
  };
  const state = ['-R', join(dir, 'persist'), '-p', join(dir, 'pid'), '-c', join(dir, 'ctl')];
  await whileRunning(syslogNg, ['-F', '-e', '-f', config, ...state], async () => {
    await eventually(async () => (existsSync(socket) ? true : undefined));
    await logger(0, EVENTS / 2);
    const happened = between();
    await logger(EVENTS / 2, EVENTS);
    await happened;
    if (key !== ADMIN_KEY) return;
    expectNumbered(await peer.found(service, EVENTS), EVENTS, /^number (\d+) of größe "x"$/, () => ({
      ...{ severity: 'warn', receiver: 'elasticsearch', org_id: 'default' },
      metadata: { index: 'logs-syslog-default', facility: 'user' },
    }));
  });
}

test.skipIf(syslogNg.isMissing)(`syslog-ng's http(), over a restart of the server${syslogNg.why}`, async () => {
  const { port } = await peer.gate('http');
  await send('syslog-ng-http', ADMIN_KEY, port, async () => {
    await peer.found('syslog-ng-http', EVENTS / 2);
    await peer.restart();
  });
});

test.skipIf(syslogNg.isMissing)(`syslog-ng's http() with a wrong key${syslogNg.why}`, async () => {
  await send('syslog-ng-wrong', 'tw_no_such_key', peer.port('http'), () =>
    attemptsWith(peer, '"receiver":"elasticsearch"', '"code":"unauthenticated"'),
  );
  expect(await allEvents(peer, 'service=syslog-ng-wrong&from=-1h')).toEqual([]);
});
