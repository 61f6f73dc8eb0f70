import { describe, expect, test } from 'vitest';
import { cloudwatch } from '../../src/destinations/cloudwatch/index.ts';
import { s3 } from '../../src/destinations/s3/index.ts';
import { awsCall, deliverNumbered, numbersIn, runningProgram, testedSteps, unpacked } from '../support/cloud-peers.ts';
import { batchOf, loopbackEgress, sampleEvent } from '../support/destination-events.ts';
import { numbersTo } from '../support/peer.ts';
import { program } from '../support/program.ts';

const COUNT = 2000;
const REGION = 'eu-central-1';
/** What s3rver knows; moto takes any. */
const KEYS = { access_key_id: 'S3RVER', secret_access_key: 'S3RVER' };
const IN_REGION = `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${REGION}</LocationConstraint></CreateBucketConfiguration>`;
const DAY_NS = 86_400_000_000_000n;

const moto = program('moto_server');
const s3rver = program('s3rver');
const versity = program('versitygw');

interface Found {
  key: string;
  numbers: number[];
}

async function objectsIn(endpoint: string, bucket: string): Promise<Found[]> {
  const listed = await (await awsCall(`${endpoint}/${bucket}?list-type=2`, 's3', KEYS)).text();
  const keys = [...listed.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key]) => key!);
  const found: Found[] = [];
  for (const key of keys.sort()) {
    const response = await awsCall(`${endpoint}/${bucket}/${key}`, 's3', KEYS);
    found.push({ key, numbers: numbersIn(unpacked(await response.bytes())) });
  }
  return found;
}

const hour = () => new Date().toISOString().slice(0, 13).replace(/[-T]/g, '/');

function s3Cases(
  settingsOf: (bucket: string, more?: object) => Parameters<typeof deliverNumbered>[1],
  url: () => string,
) {
  const makeBucket = (bucket: string) => awsCall(`${url()}/${bucket}`, 's3', KEYS, { method: 'PUT', body: IN_REGION });

  test('every event is in an object of its hour, once, though each batch came twice', async () => {
    await makeBucket('events');
    const hours = [hour()];
    await deliverNumbered(s3, settingsOf('events'), { count: COUNT, isTwice: true });
    hours.push(hour());
    const found = await objectsIn(url(), 'events');
    expect(found.flatMap(({ numbers }) => numbers)).toEqual(numbersTo(COUNT));
    for (const { key } of found) {
      const [, at] =
        /^logs\/a=b\/acme\/(\d{4}\/\d\d\/\d\d\/\d\d)\/[0-9a-f]{22}-[0-9a-f]{16}\.ndjson\.gz$/.exec(key) ?? [];
      expect(hours).toContain(at);
    }
  });

  test('the test call puts the marked event, and names the setting that is wrong', async () => {
    await makeBucket('tested');
    expect(await testedSteps(s3, settingsOf('tested'))).toMatchObject([
      { name: 'credentials', ok: true },
      { name: 'event', ok: true },
    ]);
    expect((await testedSteps(s3, settingsOf('no-such-bucket'))).at(-1)).toMatchObject({
      ...{ name: 'event', ok: false, field: 'bucket' },
      detail: expect.stringContaining('NoSuchBucket'),
    });
  });
}

describe.skipIf(moto.isMissing)(`S3 and STS of moto${moto.why}`, () => {
  const peer = runningProgram(moto, (port) => ['-H', '127.0.0.1', '-p', String(port)]);
  const settingsOf = (bucket: string, more: object = {}) => ({
    config: s3.config.parse({ bucket, region: REGION, endpoint: peer.url, prefix: 'logs/a=b', ...more }),
    secrets: KEYS,
  });
  s3Cases(settingsOf, () => peer.url);

  test('a role with an external id is assumed before', async () => {
    const role = { role_arn: 'arn:aws:iam::123456789012:role/tailwater', external_id: 'acme-4711' };
    const settings = settingsOf('tested', { ...role, sts_endpoint: peer.url });
    expect(await testedSteps(s3, settings)).toMatchObject([
      { name: 'credentials', ok: true, detail: expect.stringContaining(role.role_arn) },
      { name: 'event', ok: true },
    ]);
  });
});

describe.skipIf(s3rver.isMissing)(`S3 of s3rver${s3rver.why}`, () => {
  const peer = runningProgram(s3rver, (port, dir) => ['-a', '127.0.0.1', '-p', String(port), '-d', dir]);
  const settingsOf = (bucket: string, more: object = {}) => ({
    config: s3.config.parse({ bucket, region: REGION, endpoint: peer.url, prefix: 'logs/a=b', ...more }),
    secrets: KEYS,
  });
  s3Cases(settingsOf, () => peer.url);
});

describe.skipIf(versity.isMissing)(`S3 of versitygw, which checks signatures and bodies${versity.why}`, () => {
  const peer = runningProgram(versity, (port, dir) => [
    ...['--access', KEYS.access_key_id, '--secret', KEYS.secret_access_key, '--region', REGION],
    ...['--port', `127.0.0.1:${port}`, '--quiet', 'posix', dir],
  ]);
  const settingsOf = (bucket: string, more: object = {}) => ({
    config: s3.config.parse({ bucket, region: REGION, endpoint: peer.url, prefix: 'logs/a=b', ...more }),
    secrets: KEYS,
  });
  s3Cases(settingsOf, () => peer.url);

  test('signs of a prefix that addresses write in two ways', async () => {
    const settings = settingsOf('tested', { prefix: "it's/a=b(c)!*" });
    expect((await testedSteps(s3, settings)).at(-1)).toMatchObject({ name: 'event', ok: true });
  });

  test.each([
    [{}, { secret_access_key: 'another' }, 'secret_access_key'],
    [{ region: 'eu-west-1' }, {}, 'region'],
  ])('%j %j: it is %s', async (more, secrets, field) => {
    const settings = settingsOf('tested', more);
    expect((await testedSteps(s3, { ...settings, secrets: { ...KEYS, ...secrets } })).at(-1)).toMatchObject({
      ...{ ok: false, field },
    });
  });
});

describe.skipIf(moto.isMissing)(`IAM of moto, which signs with botocore and compares${moto.why}`, () => {
  const peer = runningProgram(moto, (port) => ['-H', '127.0.0.1', '-p', String(port)]);
  // Not S3: versions of moto differ in what of its requests they sign.
  const settingsOf = (secrets: Record<string, string>) => ({
    config: cloudwatch.config.parse({ log_group: '/a/#b', region: REGION, endpoint: peer.url }),
    secrets,
  });
  const iam = async (action: string, more: Record<string, string>) => {
    const form = new URLSearchParams({ Action: action, Version: '2010-05-08', ...more });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return (await awsCall(`${peer.url}/`, 'iam', KEYS, { method: 'POST', headers, body: String(form) })).text();
  };
  const makeUser = async (name: string, actions: readonly string[]) => {
    await iam('CreateUser', { UserName: name });
    const statement = { Effect: 'Allow', Action: actions, Resource: '*' };
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await iam('PutUserPolicy', { UserName: name, PolicyName: 'p', PolicyDocument: policy });
    const answer = await iam('CreateAccessKey', { UserName: name });
    const element = (tag: string) => new RegExp(`<${tag}>([^<]+)`).exec(answer)![1]!;
    return { access_key_id: element('AccessKeyId'), secret_access_key: element('SecretAccessKey') };
  };

  test('signatures are right, wrong ones are told, and missing permissions named', async () => {
    const writer = await makeUser('writer', ['logs:*']);
    const reader = await makeUser('reader', ['logs:DescribeLogGroups']);
    await fetch(`${peer.url}/moto-api/reset-auth`, { method: 'POST', body: '0' });
    const lastStep = async (secrets: Record<string, string>) =>
      (await testedSteps(cloudwatch, settingsOf(secrets))).at(-1);
    expect(await lastStep(writer)).toMatchObject({ name: 'event', ok: true });
    const wrong = { ...writer, secret_access_key: reader.secret_access_key };
    expect(await lastStep(wrong)).toMatchObject({ ok: false, field: 'secret_access_key' });
    expect(await lastStep(reader)).toMatchObject({
      ...{ ok: false, field: 'credentials', advice: expect.stringContaining('logs:PutLogEvents') },
    });
  });
});

describe.skipIf(moto.isMissing)(`CloudWatch Logs of moto${moto.why}`, () => {
  const peer = runningProgram(moto, (port) => ['-H', '127.0.0.1', '-p', String(port)]);
  const settingsOf = (more: object = {}) => ({
    config: cloudwatch.config.parse({ log_group: '/tailwater/prod', region: REGION, endpoint: peer.url, ...more }),
    secrets: KEYS,
  });
  const call = async (operation: string, body: object) => {
    const headers = { 'x-amz-target': `Logs_20140328.${operation}`, 'content-type': 'application/x-amz-json-1.1' };
    const response = await awsCall(`${peer.url}/`, 'logs', KEYS, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  const messagesIn = async (group: string, stream: string): Promise<string[]> => {
    const messages: string[] = [];
    for (let token: string | undefined; ; ) {
      const names = { logGroupName: group, logStreamName: stream, startFromHead: true };
      const answer = (await call('GetLogEvents', { ...names, ...(token && { nextToken: token }) })) as {
        events: { message: string }[];
        nextForwardToken: string;
      };
      messages.push(...answer.events.map(({ message }) => message));
      if (answer.nextForwardToken === token || answer.events.length === 0) return messages;
      token = answer.nextForwardToken;
    }
  };

  test('group and stream are made, with their retention, and every event is there', async () => {
    await deliverNumbered(cloudwatch, settingsOf({ retention_days: 30 }), { count: COUNT, isTwice: false });
    expect(numbersIn((await messagesIn('/tailwater/prod', 'acme')).join('\n'))).toEqual(numbersTo(COUNT));
    expect(await call('DescribeLogGroups', { logGroupNamePrefix: '/tailwater/prod' })).toMatchObject({
      logGroups: [{ logGroupName: '/tailwater/prod', retentionInDays: 30 }],
    });
  });

  test('what is too old or too new is rejected, and its neighbours are not', async () => {
    const settings = settingsOf({ log_group: '/times' });
    const at = (number: number, aheadNs: bigint) => {
      const event = sampleEvent(number);
      return { ...event, timestampNs: event.timestampNs + aheadNs };
    };
    // A day and more between them: three calls. Not in order of time.
    const events = [at(0, DAY_NS / 8n), at(1, 0n), at(2, -15n * DAY_NS), at(3, -2n * DAY_NS), at(4, -DAY_NS / 24n)];
    const egress = loopbackEgress();
    const destination = cloudwatch.open(settings, { egress });
    const result = await destination.deliver(
      batchOf(cloudwatch, events, settings.config),
      new AbortController().signal,
    );
    await egress.close();
    expect(result.again).toEqual([]);
    expect(result.rejected.toSorted((a, b) => a.index - b.index)).toEqual([
      { index: 0, reason: expect.stringContaining('tooNew') },
      { index: 2, reason: expect.stringContaining('tooOld') },
    ]);
    expect(numbersIn((await messagesIn('/times', 'acme')).join('\n'))).toEqual([3, 4, 1]);
  });

  test('the test call puts the marked event; without leave to make groups it says that there is none', async () => {
    expect(await testedSteps(cloudwatch, settingsOf({ log_group: '/tested' }))).toMatchObject([
      { name: 'credentials', ok: true },
      { name: 'event', ok: true },
    ]);
    expect((await testedSteps(cloudwatch, settingsOf({ log_group: '/none', create: false }))).at(-1)).toMatchObject({
      ...{ name: 'event', ok: false, field: 'log_group' },
      detail: expect.stringContaining('ResourceNotFoundException'),
    });
  });
});
