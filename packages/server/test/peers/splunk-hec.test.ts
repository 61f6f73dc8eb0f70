import { randomUUID } from 'node:crypto';
import { Logger } from 'splunk-logging';
import { expect, test } from 'vitest';
import winston from 'winston';
import SplunkStreamEvent from 'winston-splunk-httplogger';
import { expectNumbered, numbersTo, sharedPeer } from '../support/peer.ts';
import { ADMIN_KEY } from '../support/server.ts';

const peer = sharedPeer();

const EVENTS = 200;

interface HecAnswer {
  text: string;
  code: number;
}

/** Sends what is queued and resolves with the answer. */
function flush(logger: Logger): Promise<HecAnswer> {
  return new Promise((resolve, reject) =>
    logger.flush((error, _response, body) => (error ? reject(error) : resolve(body as HecAnswer))),
  );
}

test('splunk-logging', async () => {
  const logger = new Logger({ token: ADMIN_KEY, url: peer.url, maxBatchCount: 0 });
  const time = Date.now() / 1000;
  for (let i = 0; i < EVENTS; i++) {
    const metadata = { time, host: 'box-1', source: 'app.log', sourcetype: 'splunk-app', index: 'main' };
    logger.send({ message: `login ${i} failed`, severity: 'warn', metadata });
    if (i % 50 === 49) expect(await flush(logger)).toEqual({ text: 'Success', code: 0 });
  }
  const events = await peer.found('splunk-app', EVENTS);
  expectNumbered(events, EVENTS, /^login (\d+) failed$/);
  for (const event of events) {
    expect(event).toMatchObject({
      severity: 'warn',
      host: 'box-1',
      receiver: 'splunk-hec',
      org_id: 'default',
      metadata: { source: 'app.log', sourcetype: 'splunk-app', index: 'main' },
    });
    expect(Math.abs(Date.parse(String(event.timestamp)) - time * 1000)).toBeLessThan(1);
  }
});

test('splunk-logging with a wrong token', async () => {
  const logger = new Logger({ token: 'tw_wrong', url: peer.url, maxBatchCount: 0 });
  const errors: (Error & { code?: number })[] = [];
  logger.error = (error) => errors.push(error);
  logger.send({ message: 'never' });
  expect(await flush(logger)).toMatchObject({ text: 'Invalid token', code: 4 });
  expect(errors).toEqual([expect.objectContaining({ message: 'Invalid token', code: 4 })]);
});

test('winston-splunk-httplogger', async () => {
  const transport = new SplunkStreamEvent({ splunk: { token: ADMIN_KEY, url: peer.url } });
  const logger = winston.createLogger({ defaultMeta: { service: 'winston-splunk' }, transports: [transport] });
  for (let i = 0; i < EVENTS; i++) logger.error(`job ${i} failed`, { user_id: `u${i}`, job_no: i });
  const events = await peer.found('winston-splunk', EVENTS);
  logger.close();
  expectNumbered(events, EVENTS, /^job (\d+) failed$/);
  for (const event of events) {
    const number = Number(/\d+/.exec(String(event.message))?.[0]);
    expect(event).toMatchObject({
      severity: 'error',
      user_id: `u${number}`,
      metadata: { source: 'winston', sourcetype: 'winston-splunk-logger', 'message.meta.job_no': number },
    });
  }
});

test('raw lines over a channel: acknowledged once, health and OPTIONS without a key', async () => {
  const headers = { authorization: `Splunk ${ADMIN_KEY}`, 'x-splunk-request-channel': randomUUID() };
  const send = async (path: string, init: RequestInit) => {
    const response = await fetch(`${peer.url}/services/collector${path}`, init);
    return { status: response.status, body: response.headers.has('allow') ? null : await response.json() };
  };
  const body = numbersTo(EVENTS)
    .map((i) => `line ${i}\n`)
    .join('');
  const raw = await send('/raw?sourcetype=raw-app&host=box-2', { method: 'POST', headers, body });
  expect(raw).toEqual({ status: 200, body: { text: 'Success', code: 0, ackId: 0 } });
  const ask = () => send('/ack', { method: 'POST', headers, body: '{"acks":[0,1]}' });
  expect(await ask()).toEqual({ status: 200, body: { acks: { 0: true, 1: false } } });
  expect(await ask()).toMatchObject({ body: { acks: { 0: false } } });
  expect(await send('/ack', { method: 'POST', headers: {}, body: '{"acks":[0]}' })).toMatchObject({
    status: 401,
    body: { code: 2 },
  });
  expect(await send('/health', {})).toEqual({ status: 200, body: { text: 'HEC is healthy', code: 17 } });
  expect(await send('/event/1.0', { method: 'OPTIONS' })).toMatchObject({ status: 200 });
  expectNumbered(await peer.found('raw-app', EVENTS), EVENTS, /^line (\d+)$/);
});
