import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attemptsWith, expectNumbered, numbersTo, peerServer, readmeBlock } from '../support/peer.ts';
import { program, whileRunning } from '../support/program.ts';
import { ADMIN_KEY, allEvents, tempDir } from '../support/server.ts';

/** Fluentd reads a file and forwards it, with what the README says to copy. */
const EVENTS = 400;
const SHARED_KEY = 'a-long-secret';
const fluentd = program('fluentd');

const peer = peerServer(() => ({
  env: {
    TAILWATER_RECEIVERS_FLUENT_FORWARD_TCP: '0',
    TAILWATER_RECEIVERS_FLUENT_FORWARD_API_KEY: ADMIN_KEY,
    TAILWATER_RECEIVERS_FLUENT_FORWARD_SHARED_KEY: SHARED_KEY,
  },
}));

/** The README's `match`, for that tag and port, which sends and tries again soon. */
function matchOf(tag: string, port: number, buffer: string): string {
  return readmeBlock('fluent-forward', '', '@type forward')
    .replace('<match **>', `<match ${tag}>`)
    .replace('tailwater.example.com', '127.0.0.1')
    .replace('24224', `${port}`)
    .replace(
      '</match>',
      `  <buffer>\n    flush_interval 0.2s\n    retry_wait 0.2s\n    ${buffer}\n  </buffer>\n</match>`,
    );
}

const lineOf = (i: number) => {
  const event = { message: `order ${i} größe "x"`, level: 'error', order_no: i, ratio: 0.5, http: { status: 500 } };
  return `${JSON.stringify(event)}\n`;
};

/** Fluentd over a file of half of the events; `write` appends the others. */
async function tailing(tag: string, match: string, during: (write: () => void) => Promise<void>): Promise<void> {
  const dir = tempDir();
  const [config, lines] = [join(dir, 'conf'), join(dir, 'lines.log')];
  writeFileSync(
    lines,
    numbersTo(EVENTS / 2)
      .map(lineOf)
      .join(''),
  );
  const place = `path ${lines}\n  pos_file ${join(dir, 'pos')}\n  read_from_head true\n  refresh_interval 1`;
  const source = `<source>\n  @type tail\n  tag ${tag}\n  ${place}\n  <parse>\n    @type json\n  </parse>\n</source>`;
  const system = '<system>\n  log_level warn\n</system>';
  writeFileSync(config, `${system}\n${source}\n${match}\n`);
  const write = () =>
    appendFileSync(
      lines,
      numbersTo(EVENTS)
        .slice(EVENTS / 2)
        .map(lineOf)
        .join(''),
    );
  await whileRunning(fluentd, ['-c', config, '--no-supervisor'], () => during(write));
}

test.skipIf(fluentd.isMissing).each(['text', 'gzip'])(
  `Fluentd forwards over a restart of the server, compress %s${fluentd.why}`,
  async (compress) => {
    const service = `shop.${compress}`;
    const { port } = await peer.gate('fluent-forward.tcp');
    const match = matchOf(service, port, compress === 'gzip' ? 'compress gzip' : '');
    await tailing(service, match.replace('@type forward', `@type forward\n  compress ${compress}`), async (write) => {
      await peer.found(service, EVENTS / 2);
      const restarted = peer.restart();
      write();
      await restarted;
      expectNumbered(await peer.found(service, EVENTS), EVENTS, /^order (\d+) größe "x"$/, (i) => ({
        ...{ severity: 'error', receiver: 'fluent-forward', org_id: 'default' },
        metadata: { order_no: i, ratio: 0.5, 'http.status': 500, tag: service },
      }));
    });
  },
);

test.skipIf(fluentd.isMissing)(`Fluentd with another shared key${fluentd.why}`, async () => {
  const match = matchOf('stranger', peer.port('fluent-forward.tcp'), '').replace(SHARED_KEY, 'guess');
  await tailing('stranger', match, async () => {
    await attemptsWith(peer, 'shared key', 'fluent-forward');
  });
  expect(await allEvents(peer, 'service=stranger&from=-1h')).toEqual([]);
});
