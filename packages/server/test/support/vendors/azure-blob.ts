import { createHmac } from 'node:crypto';
import { azureBlob } from '../../../src/destinations/azure-blob/index.ts';
import { echo, HTTP_FAULTS, openHttpVendor, type VendorAnswer, type VendorRequest } from './http-vendor.ts';
import { storedObjects } from './stored-objects.ts';
import type { Vendor } from './vendor.ts';

const ACCOUNT = 'acmelogs';
const CONTAINER = 'events';
const KEY = Buffer.from('key one of the storage account acmelogs, 64 bytes as they all are').toString('base64');
const WRONG_KEY = Buffer.from('key that was regenerated some time ago and is valid no longer..').toString('base64');

/** Put Blob: https://learn.microsoft.com/en-us/rest/api/storageservices/put-blob */
export async function openAzureBlobVendor(): Promise<Vendor & { objects: Map<string, Buffer> }> {
  const { objects, messages } = storedObjects();
  const handle = (request: VendorRequest): VendorAnswer => {
    const { headers, method, path } = request;
    const error = (status: number, code: string) => ({
      status,
      headers: { 'x-ms-error-code': code, 'content-type': 'application/xml', date: new Date().toUTCString() },
      body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} it is.\n${echo(request).replaceAll('<', '')}</Message></Error>`,
    });
    if (headers['x-ms-version'] === undefined) return error(400, 'MissingRequiredHeader');
    if (!(Math.abs(Date.parse(headers['x-ms-date'] ?? '') - Date.now()) < 15 * 60_000))
      return error(403, 'AuthenticationFailed');
    if (headers.authorization !== authorizationOf(request)) return error(403, 'AuthenticationFailed');
    const [, container, blob] = /^\/([^/]+)\/(.+)$/.exec(path) ?? [];
    if (method !== 'PUT' || blob === undefined) return error(405, 'UnsupportedHttpVerb');
    if (container !== CONTAINER) return error(404, 'ContainerNotFound');
    if (headers['x-ms-blob-type'] !== 'BlockBlob') return error(400, 'InvalidHeaderValue');
    if (headers['if-none-match'] === '*' && objects.has(blob)) return error(409, 'BlobAlreadyExists');
    objects.set(blob, request.wire);
    return { status: 201 };
  };
  const http = await openHttpVendor({ handle });
  const at = (endpoint: string, accountKey = KEY) => ({
    config: azureBlob.config.parse({ account: ACCOUNT, container: CONTAINER, endpoint, prefix: 'logs' }),
    secrets: { account_key: accountKey },
  });
  return {
    ...http,
    settings: at(http.origin),
    unauthorized: at(http.origin, WRONG_KEY),
    at: (host, port) => at(`http://${host}:${port}`),
    faults: HTTP_FAULTS,
    messages,
    // A second try of what is there is answered 409, as it should be.
    complaints: () => http.complaints.filter((complaint) => !complaint.includes('BlobAlreadyExists')),
    takesOnce: true,
    objects,
  };
}

/** Of a Put Blob without a query, by https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-shared-key */
function authorizationOf({ headers, method, path, wire }: VendorRequest): string {
  const own = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-ms-'))
    .map(([name, value]) => `${name}:${value}\n`)
    .sort()
    .join('');
  const { 'content-type': type = '', 'content-md5': md5 = '', 'if-none-match': noneMatch = '' } = headers;
  const text = `${method}\n\n\n${wire.length || ''}\n${md5}\n${type}\n\n\n\n${noneMatch}\n\n\n${own}/${ACCOUNT}${path}`;
  return `SharedKey ${ACCOUNT}:${createHmac('sha256', Buffer.from(KEY, 'base64')).update(text).digest('base64')}`;
}
