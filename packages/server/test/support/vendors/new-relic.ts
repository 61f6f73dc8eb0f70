import { newRelic } from '../../../src/destinations/new-relic/index.ts';
import { echo, HTTP_FAULTS, openHttpVendor, type VendorAnswer, type VendorRequest } from './http-vendor.ts';
import type { Vendor } from './vendor.ts';

const KEY = 'eu01xxsecret5ec2e7000000000000000000NRAL';

/** https://docs.newrelic.com/docs/logs/log-api/introduction-log-api/#limits */
const BODY_BYTES_MAX = 1_000_000;
const ATTRIBUTES_MAX = 255;
const NAME_UNITS_MAX = 255;

type Log = Record<string, unknown> & { message: string };
interface Part {
  common?: { attributes?: Record<string, unknown> };
  logs: Log[];
}

/** The Log API by its documents. It refuses what New Relic would take and drop later. */
export async function openNewRelicVendor(): Promise<Vendor & { logs: Log[]; requests: VendorRequest[] }> {
  const logs: Log[] = [];
  const takeLogs = (request: VendorRequest): VendorAnswer => {
    const error = (status: number) => ({ status, body: { requestId: 'r-1', error: echo(request) } });
    if (request.headers['api-key'] !== KEY) return error(403);
    if (request.headers['content-type'] !== 'application/json') return error(415);
    if (request.wire.length > BODY_BYTES_MAX) return error(413);
    const parts = JSON.parse(request.body.toString()) as Part[];
    const all = parts.flatMap((part) => part.logs);
    const common = parts[0]?.common?.attributes ?? {};
    const isLegal = (log: Log) => {
      const names = [...Object.keys(log), ...Object.keys(common)];
      const isTime = Number.isSafeInteger(log.timestamp) && Number(log.timestamp) > 1e12;
      return isTime && names.length <= ATTRIBUTES_MAX && names.every((name) => name.length <= NAME_UNITS_MAX);
    };
    if (!all.every(isLegal)) return error(400);
    logs.push(...all);
    return { status: 202, body: { requestId: 'r-1' } };
  };
  const http = await openHttpVendor({
    isDelivery: ({ body }) => body.length > 2,
    handle: (request) =>
      `${request.method} ${request.path}` === 'POST /log/v1' ? takeLogs(request) : { status: 404, body: {} },
  });
  const at = (url: string, key = KEY) => ({ config: newRelic.config.parse({ url }), secrets: { license_key: key } });
  return {
    ...http,
    settings: at(http.origin),
    unauthorized: at(http.origin, 'eu01xxwrong5ec2e7000000000000000000NRAL'),
    at: (host, port) => at(`http://${host}:${port}`),
    faults: HTTP_FAULTS,
    messages: () => logs.map(({ message }) => message),
    complaints: () => http.complaints,
    takesOnce: false,
    logs,
  };
}
