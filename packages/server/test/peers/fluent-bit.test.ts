import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attemptsWith, expectNumbered, type FoundEvent, numbersTo, peerServer, readmeBlock } from '../support/peer.ts';
import { program, whileRunning } from '../support/program.ts';
import { ADMIN_KEY, allEvents, eventually, tempDir } from '../support/server.ts';

/** Fluent Bit reads a file and sends it by each of its outputs that there is a receiver for. */
const EVENTS = 400;
const SHARED_KEY = 'a-long-secret';
const fluentBit = program('fluent-bit');

const peer = peerServer(() => ({
  env: {
    TAILWATER_RECEIVERS_FLUENT_FORWARD_TCP: '0',
    TAILWATER_RECEIVERS_FLUENT_FORWARD_API_KEY: ADMIN_KEY,
    TAILWATER_RECEIVERS_FLUENT_FORWARD_SHARED_KEY: SHARED_KEY,
    TAILWATER_RECEIVERS_GELF_TCP: '0',
    TAILWATER_RECEIVERS_GELF_API_KEY: ADMIN_KEY,
  },
}));

interface Output {
  name: string;
  listener: string;
  receiver: string;
  /** What stands beside name, host and port. */
  options(key: string, service: string): string;
  /** True of the outputs that carry the key. */
  hasKey?: boolean;
  /** Outputs without acknowledgements may lose what is under way when the server stops. */
  isAcknowledged?: boolean;
}

const OUTPUTS: readonly Output[] = [
  {
    ...{ name: 'forward', listener: 'fluent-forward.tcp', receiver: 'fluent-forward', isAcknowledged: true },
    options: () => /Self_Hostname[\s\S]*/.exec(readmeBlock('fluent-forward', '', '[OUTPUT]'))![0],
  },
  {
    ...{ name: 'loki', listener: 'http', receiver: 'loki', hasKey: true, isAcknowledged: true },
    options: (key, service) => `bearer_token ${key}\n    labels service_name=${service}\n    line_format json`,
  },
  {
    ...{ name: 'es', listener: 'http', receiver: 'elasticsearch', hasKey: true, isAcknowledged: true },
    options: (key) =>
      `HTTP_User tailwater\n    HTTP_Passwd ${key}\n    Index logs-shop-prod\n    Suppress_Type_Name On\n    Time_Key_Nanos On`,
  },
  {
    ...{ name: 'splunk', listener: 'http', receiver: 'splunk-hec', hasKey: true, isAcknowledged: true },
    options: (key, service) => `splunk_token ${key}\n    event_sourcetype ${service}\n    event_host box-1`,
  },
  {
    ...{ name: 'datadog', listener: 'http', receiver: 'datadog', hasKey: true, isAcknowledged: true },
    options: (key, service) => `apikey ${key}\n    tls off\n    compress gzip\n    dd_service ${service}`,
  },
  {
    ...{ name: 'opentelemetry', listener: 'otlp.http', receiver: 'otlp', hasKey: true, isAcknowledged: true },
    options: (key) =>
      `header Authorization Bearer ${key}\n    compress gzip\n    logs_body_key $message\n    logs_body_key_attributes true`,
  },
  {
    ...{ name: 'http', listener: 'http', receiver: 'ndjson', hasKey: true, isAcknowledged: true },
    options: (key) => `uri /api/logs\n    format json_lines\n    header X-API-Key ${key}\n    compress gzip`,
  },
  {
    ...{ name: 'gelf', listener: 'gelf.tcp', receiver: 'gelf' },
    options: () => 'Mode tcp\n    Gelf_Short_Message_Key message',
  },
];

const lineOf = (service: string) => (i: number) => {
  const event = { message: `order ${i} größe "x"`, level: 'error', order_no: i, ratio: 0.5, service, host: 'box-1' };
  return `${JSON.stringify(event)}\n`;
};

interface Sending {
  service: string;
  port: number;
  key?: string;
}

/** Fluent Bit over a file of half of the events; `write` appends the others. */
async function tailing(
  { name, options }: Output,
  { service, port, key = ADMIN_KEY }: Sending,
  during: (write: () => void) => Promise<unknown>,
): Promise<void> {
  const dir = tempDir();
  const [config, lines, parsers] = [join(dir, 'conf'), join(dir, 'lines.log'), join(dir, 'parsers')];
  const line = lineOf(service);
  writeFileSync(
    lines,
    numbersTo(EVENTS / 2)
      .map(line)
      .join(''),
  );
  writeFileSync(parsers, '[PARSER]\n    Name json\n    Format json\n');
  const retry = 'scheduler.base 1\n    scheduler.cap 1';
  const head = `[SERVICE]\n    Flush 0.2\n    Grace 1\n    Log_Level warn\n    Parsers_File ${parsers}\n    ${retry}`;
  const input = `[INPUT]\n    Name tail\n    Path ${lines}\n    Parser json\n    Read_from_Head On\n    Tag ${service}`;
  const place = `Name ${name}\n    Match *\n    Host 127.0.0.1\n    Port ${port}\n    Retry_Limit no_limits`;
  writeFileSync(config, `${head}\n${input}\n[OUTPUT]\n    ${place}\n    ${options(key, service)}\n`);
  const write = () =>
    appendFileSync(
      lines,
      numbersTo(EVENTS)
        .slice(EVENTS / 2)
        .map(line)
        .join(''),
    );
  await whileRunning(fluentBit, ['-c', config], () => during(write));
}

/** GELF's and OpenTelemetry's levels are their own. */
function known(receiver: string): object {
  const isPlain = receiver !== 'gelf' && receiver !== 'otlp';
  return { receiver, org_id: 'default', ...(isPlain ? { severity: 'error' } : {}) };
}

/** OpenTelemetry has the service in the resource, which Fluent Bit does not write: there it is an attribute. */
function foundBy({ receiver }: Output, service: string, count: number): Promise<FoundEvent[]> {
  if (receiver !== 'otlp') return peer.found(service, count);
  return eventually(async () => {
    const all = await allEvents(peer, 'from=-1h&order=asc');
    const events = all.filter(({ metadata }) => (metadata as { service?: string }).service === service);
    return events.length >= count ? events : undefined;
  });
}

const numberOf = ({ message }: FoundEvent) => Number(/order (\d+) gr/.exec(String(message))?.[1] ?? Number.NaN);

test.skipIf(fluentBit.isMissing).each(OUTPUTS)(`Fluent Bit's $name over a restart${fluentBit.why}`, async (output) => {
  const service = `bit-${output.name}`;
  const { port } = await peer.gate(output.listener);
  await tailing(output, { service, port }, async (write) => {
    await foundBy(output, service, EVENTS / 2);
    const restarted = output.isAcknowledged === true ? peer.restart() : undefined;
    write();
    await restarted;
    expectNumbered(await foundBy(output, service, EVENTS), EVENTS, numberOf, () => known(output.receiver));
  });
});

test.skipIf(fluentBit.isMissing).each(OUTPUTS.filter(({ hasKey }) => hasKey))(
  `Fluent Bit's $name with a wrong key${fluentBit.why}`,
  async (output) => {
    const service = `wrong-${output.name}`;
    await tailing(output, { service, port: peer.port(output.listener), key: 'tw_no_such_key' }, () =>
      attemptsWith(peer, `"receiver":"${output.receiver}"`, '"code":"unauthenticated"'),
    );
    expect(await allEvents(peer, `service=${service}&from=-1h`)).toEqual([]);
  },
);
