import { tailwater } from '../../../src/destinations/tailwater/index.ts';
import { echo, HTTP_FAULTS, openHttpVendor, type VendorAnswer, type VendorRequest } from './http-vendor.ts';
import type { Vendor } from './vendor.ts';

const KEY = 'tw_secret5e1f4b7a9c3d2e6f8a0b1c2d';
/** `limits` of receivers, as they are by default. */
const [EVENTS_MAX, EVENT_BYTES_MAX] = [200_000, 1 << 20];
const LISTED_MAX = 100;

interface Taken {
  message: string;
  event_id: string;
  timestamp: string;
}

/** `POST /api/logs` as receivers/ndjson/README.md tells it, with a key that may only ingest. */
export async function openTailwaterVendor(): Promise<Vendor & { events: Taken[] }> {
  const events: Taken[] = [];
  const isKnown = ({ headers }: VendorRequest) => headers.authorization === `Bearer ${KEY}`;
  const error = (status: number, request: VendorRequest) => ({ status, body: { error: { message: echo(request) } } });
  const takeLogs = (request: VendorRequest): VendorAnswer => {
    if (!isKnown(request)) return error(401, request);
    const lines = request.body.toString().split('\n').slice(0, -1);
    if (lines.length > EVENTS_MAX) return error(413, request);
    const rejected = lines.flatMap((line, index) => {
      const event = JSON.parse(line) as Taken;
      if (Buffer.byteLength(line) > EVENT_BYTES_MAX) return { index, field: '', error: 'too large' };
      if (!/^\d{4}-/.test(event.timestamp)) return { index, field: 'timestamp', error: `expected a time, ${KEY}` };
      events.push(event);
      return [];
    });
    const listed = rejected.slice(0, LISTED_MAX);
    const total = rejected.length > LISTED_MAX ? { rejected_total: rejected.length } : {};
    const accepted = lines.length - rejected.length;
    return { status: accepted > 0 ? 202 : 400, body: { accepted, rejected: listed, ...total, position: '1' } };
  };
  const http = await openHttpVendor({
    isDelivery: ({ path }) => path === '/api/logs',
    handle: (request) => {
      const route = `${request.method} ${request.path}`;
      if (route === 'POST /api/logs') return takeLogs(request);
      if (route !== 'GET /api/log-levels') return { status: 404, body: { error: { message: 'no such path' } } };
      return error(isKnown(request) ? 403 : 401, request);
    },
  });
  const at = (url: string, key = KEY) => ({ config: tailwater.config.parse({ url }), secrets: { api_key: key } });
  return {
    ...http,
    settings: at(http.origin),
    unauthorized: at(http.origin, 'tw_wrong5e1f4b7a9c3d2e6f8a0b1c2d'),
    at: (host, port) => at(`http://${host}:${port}`),
    faults: HTTP_FAULTS,
    messages: () => events.map(({ message }) => message),
    complaints: () => http.complaints.filter((complaint) => !complaint.startsWith('/api/log-levels: 403')),
    takesOnce: false,
    // A year that the pattern above does not take.
    poison: (event) => ({ ...event, timestampNs: -62_198_755_200_000_000_000n }),
    events,
  };
}
