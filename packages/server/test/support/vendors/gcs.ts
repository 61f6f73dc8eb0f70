import { gcs } from '../../../src/destinations/gcs/index.ts';
import { type GoogleAccount, googleAccount } from './google-token.ts';
import { echo, HTTP_FAULTS, openHttpVendor, type VendorAnswer, type VendorRequest } from './http-vendor.ts';
import { storedObjects } from './stored-objects.ts';
import type { Vendor } from './vendor.ts';

const BUCKET = 'acme-logs';
const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_write';

/** The JSON API's simple upload: https://cloud.google.com/storage/docs/json_api/v1/objects/insert */
export async function openGcsVendor(): Promise<
  Vendor & { objects: Map<string, Buffer>; account: GoogleAccount; requests: VendorRequest[] }
> {
  const { objects, messages } = storedObjects();
  const account = googleAccount();
  const upload = (request: VendorRequest): VendorAnswer => {
    const error = (status: number, reason: string) => ({
      status,
      body: { error: { code: status, message: `${reason}: ${echo(request)}`, errors: [{ reason }] } },
    });
    const fault = account.tokenFault(request, SCOPE);
    if (fault !== null) return fault;
    const { query, path } = request;
    if (path !== `/upload/storage/v1/b/${BUCKET}/o`) return error(404, 'notFound');
    const name = query.get('name');
    if (query.get('uploadType') !== 'media' || name === null) return error(400, 'required');
    if (query.get('ifGenerationMatch') === '0' && objects.has(name)) return error(412, 'conditionNotMet');
    objects.set(name, request.wire);
    return { status: 200, body: { kind: 'storage#object', name, size: String(request.wire.length) } };
  };
  const http = await openHttpVendor({
    isDelivery: ({ path }) => path !== '/token',
    handle: (request) => (request.path === '/token' ? account.takeAssertion(request) : upload(request)),
  });
  const keyFile = account.keyFile(http.origin);
  const at = (endpoint: string, key = keyFile) => ({
    config: gcs.config.parse({ bucket: BUCKET, endpoint, prefix: 'logs' }),
    secrets: { service_account_key: key },
  });
  return {
    ...http,
    settings: at(http.origin),
    unauthorized: at(http.origin, account.wrongKeyFile(http.origin)),
    at: (host, port) => at(`http://${host}:${port}`),
    faults: HTTP_FAULTS,
    messages,
    // A second try of what is there is answered 412, as it should be.
    complaints: () => http.complaints.filter((complaint) => !complaint.includes('conditionNotMet')),
    takesOnce: true,
    objects,
    account,
  };
}
