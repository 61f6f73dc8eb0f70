import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { azureBlob } from '../../src/destinations/azure-blob/index.ts';
import { gcs } from '../../src/destinations/gcs/index.ts';
import { sharedKeyAuthorization } from '../../src/destinations/util/azure-shared-key.ts';
import { deliverNumbered, numbersIn, runningProgram, testedSteps, unpacked } from '../support/cloud-peers.ts';
import { numbersTo } from '../support/peer.ts';
import { program } from '../support/program.ts';
import { googleAccount } from '../support/vendors/google-token.ts';
import { type HttpVendor, openHttpVendor } from '../support/vendors/http-vendor.ts';

const COUNT = 2000;
const KEY_FORM = /^logs\/acme\/\d{4}\/\d\d\/\d\d\/\d\d\/[0-9a-f]{22}-[0-9a-f]{16}\.ndjson\.gz$/;

const azurite = program('azurite-blob');
const fakeGcs = program('fake-gcs-server');

/** Azurite's own, which everybody knows. */
const ACCOUNT = 'devstoreaccount1';
const ACCOUNT_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

describe.skipIf(azurite.isMissing)(`Blob Storage of Azurite${azurite.why}`, () => {
  const peer = runningProgram(azurite, (port, dir) => [
    ...['--blobHost', '127.0.0.1', '--blobPort', String(port), '-l', dir],
    ...['--skipApiVersionCheck', '--disableTelemetry', '--silent'],
  ]);
  const endpoint = () => `${peer.url}/${ACCOUNT}`;
  const settingsOf = (
    container: string,
    more: object = {},
    secrets: Record<string, string> = { account_key: ACCOUNT_KEY },
  ) => ({
    config: azureBlob.config.parse({ account: ACCOUNT, container, endpoint: endpoint(), prefix: 'logs', ...more }),
    secrets,
  });
  const call = async (method: string, path: string) => {
    const url = `${endpoint()}/${path}`;
    const headers = { 'x-ms-version': '2023-11-03', 'x-ms-date': new Date().toUTCString() };
    const authorization = sharedKeyAuthorization(ACCOUNT, ACCOUNT_KEY, method, url, headers);
    const response = await fetch(url, { method, headers: { ...headers, authorization } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const blobsIn = async (container: string) => {
    const listed = await (await call('GET', `${container}?restype=container&comp=list`)).text();
    const names = [...listed.matchAll(/<Name>([^<]+)<\/Name>/g)].map(([, name]) => name!);
    return Promise.all(
      names.map(async (name) => ({ name, text: unpacked(await (await call('GET', `${container}/${name}`)).bytes()) })),
    );
  };
  const makeContainer = (container: string) => call('PUT', `${container}?restype=container`);

  test('every event is in a blob of its hour, once, though each batch came twice', async () => {
    await makeContainer('events');
    await deliverNumbered(azureBlob, settingsOf('events'), { count: COUNT, isTwice: true });
    const blobs = await blobsIn('events');
    for (const { name } of blobs) expect(name).toMatch(KEY_FORM);
    expect(blobs.flatMap(({ text }) => numbersIn(text))).toEqual(numbersTo(COUNT));
  });

  test('a SAS token will do', async () => {
    await makeContainer('signed');
    const settings = settingsOf('signed', { auth: 'sas' }, { sas_token: sasToken() });
    await deliverNumbered(azureBlob, settings, { count: 100, isTwice: true });
    expect((await blobsIn('signed')).flatMap(({ text }) => numbersIn(text))).toEqual(numbersTo(100));
  });

  test('the test call puts the marked event, and names the setting that is wrong', async () => {
    await makeContainer('tested');
    expect((await testedSteps(azureBlob, settingsOf('tested'))).map(({ ok }) => ok)).toEqual([true, true]);
    expect((await blobsIn('tested')).map(({ text }) => JSON.parse(text))).toMatchObject([
      { message: 'a marked event' },
    ]);
    expect((await testedSteps(azureBlob, settingsOf('no-such'))).at(-1)).toMatchObject({
      ...{ ok: false, field: 'container' },
      detail: expect.stringContaining('ContainerNotFound'),
    });
    const wrong = Buffer.alloc(64, 7).toString('base64');
    expect((await testedSteps(azureBlob, settingsOf('tested', {}, { account_key: wrong }))).at(-1)).toMatchObject({
      ...{ ok: false, field: 'account_key' },
      detail: expect.stringContaining('403'),
    });
  });
});

/** An account SAS that may create and write objects: https://learn.microsoft.com/en-us/rest/api/storageservices/create-account-sas */
function sasToken(): string {
  const end = `${new Date(Date.now() + 3_600_000).toISOString().slice(0, 19)}Z`;
  const version = '2020-08-04';
  const text = `${ACCOUNT}\ncw\nb\no\n\n${end}\n\nhttps,http\n${version}\n`;
  const signature = createHmac('sha256', Buffer.from(ACCOUNT_KEY, 'base64')).update(text).digest('base64');
  const members = { sv: version, ss: 'b', srt: 'o', sp: 'cw', se: end, spr: 'https,http', sig: signature };
  return new URLSearchParams(members).toString();
}

describe.skipIf(fakeGcs.isMissing)(`Cloud Storage of fake-gcs-server${fakeGcs.why}`, () => {
  const peer = runningProgram(fakeGcs, (port) => [
    ...['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-backend', 'memory'],
  ]);
  // It gives no tokens and asks for none.
  const account = googleAccount();
  let tokens: HttpVendor;
  beforeAll(async () => {
    tokens = await openHttpVendor({ handle: (request) => account.takeAssertion(request) });
  });
  afterAll(() => tokens.close());
  const settingsOf = (bucket: string) => ({
    config: gcs.config.parse({ bucket, endpoint: peer.url, prefix: 'logs' }),
    secrets: { service_account_key: account.keyFile(tokens.origin) },
  });
  const makeBucket = (name: string) =>
    fetch(`${peer.url}/storage/v1/b?project=acme`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
  const objectsIn = async (bucket: string) => {
    const listed = (await (await fetch(`${peer.url}/storage/v1/b/${bucket}/o`)).json()) as {
      items: { name: string }[];
    };
    return Promise.all(
      listed.items.map(async ({ name }) => {
        const response = await fetch(`${peer.url}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?alt=media`);
        return { name, text: unpacked(await response.bytes()) };
      }),
    );
  };

  test('every event is in an object of its hour, once, though each batch came twice', async () => {
    await makeBucket('events');
    await deliverNumbered(gcs, settingsOf('events'), { count: COUNT, isTwice: true });
    const objects = await objectsIn('events');
    for (const { name } of objects) expect(name).toMatch(KEY_FORM);
    expect(objects.flatMap(({ text }) => numbersIn(text))).toEqual(numbersTo(COUNT));
  });

  test('the test call puts the marked event, and says that there is no such bucket', async () => {
    await makeBucket('tested');
    expect((await testedSteps(gcs, settingsOf('tested'))).map(({ ok }) => ok)).toEqual([true, true]);
    expect((await objectsIn('tested')).map(({ text }) => JSON.parse(text))).toMatchObject([
      { message: 'a marked event' },
    ]);
    expect((await testedSteps(gcs, settingsOf('no-such-bucket'))).at(-1)).toMatchObject({ ok: false, field: 'bucket' });
  });
});
