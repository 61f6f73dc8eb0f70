import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { expectNumbered, type FoundEvent, numbersTo, sharedPeer } from '../support/peer.ts';
import { pythonWith } from '../support/program.ts';
import { ADMIN_KEY, allEvents } from '../support/server.ts';

const EVENTS = 500;
const python = pythonWith('moto', 'boto3');

const peer = sharedPeer();

const numbered = numbersTo(EVENTS);
const numberOf = ({ metadata, message }: FoundEvent) =>
  (metadata as { order_no?: number }).order_no ?? Number(/\d+/.exec(String(message))![0]);

/** The program lies beside this file in the sources, which are not copied into the build. */
const MOTO = join(import.meta.dirname.replace('/dist/test/', '/test/'), 'firehose-moto.py');
const put = (url: string) => promisify(execFile)(python.path, [MOTO, url, String(EVENTS)], { timeout: 60_000 });

describe.skipIf(python.isMissing)(`moto’s Firehose${python.why}`, () => {
  test('every record is found once, with its fields', async () => {
    await put(`http://firehose:${ADMIN_KEY}@127.0.0.1:${peer.port('http')}/api/firehose`);
    expectNumbered(await peer.found('moto', EVENTS), EVENTS, numberOf, (number) => ({
      ...{ message: `order ${number} größe`, severity: 'error', receiver: 'firehose' },
    }));
  });

  test('a wrong key stores nothing', async () => {
    await put(`http://firehose:tw_no_such_key@127.0.0.1:${peer.port('http')}/aws/firehose`);
    expect(await allEvents(peer, 'service=moto&from=-1h')).toHaveLength(EVENTS);
  });
});

/**
 * Our own driver, not Amazon's: nobody but Amazon can run Firehose itself. It follows the documented request, with every
 * header, gzip, and its rule for success.
 * https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html
 */
async function deliver(
  records: Buffer[],
  key = ADMIN_KEY,
): Promise<{ isDelivered: boolean; status: number; answer: unknown }> {
  const requestId = crypto.randomUUID();
  const data = records.map((record) => ({ data: record.toString('base64') }));
  const response = await fetch(`${peer.url}/aws/firehose`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      'x-amz-firehose-protocol-version': '1.0',
      'x-amz-firehose-request-id': requestId,
      'x-amz-firehose-source-arn': 'arn:aws:firehose:eu-west-1:123456789012:deliverystream/logs',
      'x-amz-firehose-access-key': key,
      'x-amz-firehose-common-attributes': '{"commonAttributes":{"environment":"prod"}}',
    },
    body: gzipSync(JSON.stringify({ requestId, timestamp: Date.now(), records: data })),
  });
  const answer = (await response.json()) as { requestId: string; timestamp: number };
  const isJson = response.headers.get('content-type') === 'application/json';
  const isDelivered = response.status === 200 && isJson && answer.requestId === requestId && answer.timestamp > 0;
  return { isDelivered, status: response.status, answer };
}

/** As CloudWatch Logs writes them into a stream that it is subscribed to. */
const subscription = (logGroup: string, numbers: number[]) =>
  gzipSync(
    JSON.stringify({
      ...{
        messageType: 'DATA_MESSAGE',
        owner: '123456789012',
        logGroup,
        logStream: 'i-1',
        subscriptionFilters: ['all'],
      },
      logEvents: numbers.map((i) => ({ id: `id-${i}`, timestamp: Date.now() - 1000, message: `order ${i} done` })),
    }),
  );

test('own driver of the documented request: CloudWatch Logs subscriptions', async () => {
  const control = gzipSync('{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logEvents":[{"message":"x"}]}');
  const records = [control];
  for (let i = 0; i < EVENTS; i += 50) records.push(subscription('/aws/lambda/orders', numbered.slice(i, i + 50)));
  expect(await deliver(records)).toMatchObject({ isDelivered: true });
  expectNumbered(await peer.found('/aws/lambda/orders', EVENTS), EVENTS, numberOf, () => ({
    client_event_id: expect.stringMatching(/^id-\d+$/),
    metadata: { log_group: '/aws/lambda/orders', log_stream: 'i-1', owner: '123456789012', environment: 'prod' },
  }));
});

test('own driver of the documented request: a wrong key', async () => {
  expect(await deliver([subscription('/wrong', [1])], 'tw_no_such_key')).toMatchObject({
    isDelivered: false,
    status: 401,
  });
  expect(await allEvents(peer, 'service=%2Fwrong&from=-1h')).toEqual([]);
});
