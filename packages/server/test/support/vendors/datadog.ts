import { datadog } from '../../../src/destinations/datadog/index.ts';
import { echo, HTTP_FAULTS, openHttpVendor, type VendorAnswer, type VendorRequest } from './http-vendor.ts';
import type { Vendor } from './vendor.ts';

const KEY = 'dd0secret5e1f4b7a9c3d2e6f8a0b1c2d';

/** https://docs.datadoghq.com/api/latest/logs/send-logs/ */
const BODY_BYTES_MAX = 5_000_000;
const LOGS_MAX = 1000;
const LOG_BYTES_MAX = 1_000_000;

interface Log {
  message: string;
  ddsource?: string;
  ddtags?: string;
}

/** The logs intake v2 and the check of keys, by Datadog's API reference. It truncates no log, but refuses what is too long. */
export async function openDatadogVendor(): Promise<Vendor & { logs: Log[]; requests: VendorRequest[] }> {
  const logs: Log[] = [];
  const takeLogs = (request: VendorRequest): VendorAnswer => {
    const error = (status: number, detail: string) => ({
      status,
      body: { errors: [{ status: String(status), title: detail, detail: echo(request) }] },
    });
    if (request.headers['dd-api-key'] === undefined) return error(401, 'Unauthorized');
    if (request.headers['dd-api-key'] !== KEY) return error(403, 'Forbidden');
    if (request.headers['content-type'] !== 'application/json') return error(415, 'Unsupported Media Type');
    if (request.body.length > BODY_BYTES_MAX) return error(413, 'Payload Too Large');
    const items = JSON.parse(request.body.toString()) as Log[];
    if (items.length > LOGS_MAX) return error(413, 'Payload Too Large');
    const tooLong = items.some((item) => Buffer.byteLength(JSON.stringify(item)) > LOG_BYTES_MAX);
    if (tooLong || items.some(({ message }) => typeof message !== 'string')) return error(400, 'Bad Request');
    logs.push(...items);
    return { status: 202, body: {} };
  };
  const http = await openHttpVendor({
    isDelivery: ({ path }) => path === '/api/v2/logs',
    handle: (request) => {
      const route = `${request.method} ${request.path}`;
      if (route === 'POST /api/v2/logs') return takeLogs(request);
      if (route !== 'GET /api/v1/validate') return { status: 404, body: { errors: ['Not Found'] } };
      const isValid = request.headers['dd-api-key'] === KEY;
      return isValid
        ? { status: 200, body: { valid: true } }
        : { status: 403, body: { errors: ['Forbidden', echo(request)] } };
    },
  });
  const at = (url: string, apiKey = KEY) => ({ config: datadog.config.parse({ url }), secrets: { api_key: apiKey } });
  return {
    ...http,
    settings: at(http.origin),
    unauthorized: at(http.origin, 'dd0wrong5e1f4b7a9c3d2e6f8a0b1c2d'),
    at: (host, port) => at(`http://${host}:${port}`),
    faults: HTTP_FAULTS,
    messages: () => logs.map(({ message }) => message),
    complaints: () => http.complaints,
    takesOnce: false,
    logs,
  };
}
