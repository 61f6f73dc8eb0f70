import { loggly } from '../../../src/destinations/loggly/index.ts';
import { echo, HTTP_FAULTS, openHttpVendor, type VendorAnswer, type VendorRequest } from './http-vendor.ts';
import type { Vendor } from './vendor.ts';

const TOKEN = '5ec2e700-aaaa-bbbb-cccc-5ec2e7000002';

/** https://documentation.solarwinds.com/en/success_center/loggly/content/admin/http-bulk-endpoint.htm */
const BODY_BYTES_MAX = 5_000_000;
const EVENT_BYTES_MAX = 1_000_000;

/** The bulk endpoint by its documents: lines, no compression, the token in the path. */
export async function openLogglyVendor(): Promise<Vendor & { requests: VendorRequest[] }> {
  const messages: string[] = [];
  const takeLines = (request: VendorRequest): VendorAnswer => {
    const [, bulk, token, tag, tags] = request.path.split('/');
    if (request.method !== 'POST' || bulk !== 'bulk' || tag !== 'tag' || !/^[\w,.*-]+$/.test(tags ?? '')) {
      return { status: 404, body: 'Not found' };
    }
    if (token !== TOKEN) return { status: 403, body: `Forbidden: ${echo(request)}` };
    if (request.headers['content-encoding'] !== undefined) return { status: 400, body: 'unreadable' };
    if (request.headers['content-type'] !== 'text/plain') return { status: 400, body: 'unreadable' };
    if (request.body.length > BODY_BYTES_MAX) return { status: 413, body: 'too large' };
    const lines = request.body.toString().split('\n');
    if (lines.some((line) => Buffer.byteLength(line) > EVENT_BYTES_MAX))
      return { status: 400, body: 'too large an event' };
    messages.push(...lines.map((line) => (JSON.parse(line) as { message: string }).message));
    return { status: 200, body: { response: 'ok' } };
  };
  const http = await openHttpVendor({ handle: takeLines });
  const at = (url: string, token = TOKEN) => ({ config: loggly.config.parse({ url }), secrets: { token } });
  return {
    ...http,
    settings: at(http.origin),
    unauthorized: at(http.origin, '5ec2e700-aaaa-bbbb-cccc-5ec2e7ffffff'),
    at: (host, port) => at(`http://${host}:${port}`),
    faults: HTTP_FAULTS,
    messages: () => messages,
    complaints: () => http.complaints,
    takesOnce: false,
  };
}
