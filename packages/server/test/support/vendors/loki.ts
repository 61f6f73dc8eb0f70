import { loki } from '../../../src/destinations/loki/index.ts';
import { echo, HTTP_FAULTS, openHttpVendor, type VendorAnswer, type VendorRequest } from './http-vendor.ts';
import type { Vendor } from './vendor.ts';

const [USER, PASSWORD, TENANT] = ['123456', 'glc_secret5e1f4b7a9c3d2e6f8a0b1c2d', 'acme'];

/** https://grafana.com/docs/loki/latest/configure/#limits_config */
const [BODY_BYTES_MAX, LINE_BYTES_MAX, LABELS_MAX] = [1_000_000, 256 * 1024, 15];
const [METADATA_MAX, METADATA_BYTES_MAX] = [128, 64 * 1024];
const AGE_MS_MAX = 7 * 24 * 3600_000;

interface Push {
  streams: { stream: Record<string, string>; values: [string, string, Record<string, string>?][] }[];
}

interface Line {
  labels: Record<string, string>;
  line: string;
  metadata: Record<string, string>;
}

/** Loki's push API with multi-tenancy and Basic authentication: what is valid is stored, 400 tells of the rest. */
export async function openLokiVendor(): Promise<Vendor & { lines: Line[] }> {
  const stored = new Map<string, Line>();
  const authorization = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
  const takePush = (request: VendorRequest): VendorAnswer => {
    if (request.headers.authorization !== authorization) return { status: 401, body: `invalid: ${echo(request)}` };
    if (request.headers['x-scope-orgid'] !== TENANT) return { status: 401, body: 'no org id' };
    if (request.headers['content-type'] !== 'application/json') return { status: 400, body: 'snappy: corrupt input' };
    if (request.body.length > BODY_BYTES_MAX) return { status: 413, body: 'request too large' };
    const { streams } = JSON.parse(request.body.toString()) as Push;
    const faults = streams.flatMap(({ stream, values }) =>
      values.flatMap(([nanos, line, metadata = {}]) => {
        const fault = faultOf(stream, nanos, line, metadata);
        if (fault === null) stored.set(JSON.stringify([stream, nanos, line]), { labels: stream, line, metadata });
        return fault ?? [];
      }),
    );
    if (faults.length === 0) return { status: 204 };
    return { status: 400, body: `${faults.length} errors like: ${[...new Set(faults)].join('\n')}\n` };
  };
  const http = await openHttpVendor({
    isDelivery: ({ path }) => path === '/loki/api/v1/push',
    handle: (request) => {
      const route = `${request.method} ${request.path}`;
      if (route === 'GET /ready') return { status: 200, body: 'ready\n' };
      return route === 'POST /loki/api/v1/push' ? takePush(request) : { status: 404, body: '404 page not found' };
    },
  });
  const at = (url: string, password = PASSWORD) => ({
    config: loki.config.parse({ url, tenant: TENANT, username: USER }),
    secrets: { password },
  });
  return {
    ...http,
    settings: at(http.origin),
    unauthorized: at(http.origin, 'glc_wrong5e1f4b7a9c3d2e6f8a0b1c2d'),
    at: (host, port) => at(`http://${host}:${port}`),
    faults: HTTP_FAULTS,
    messages: () => [...stored.values()].map(({ line }) => line),
    complaints: () => http.complaints,
    takesOnce: true,
    poison: (event) => ({ ...event, timestampNs: BigInt(Date.now() - AGE_MS_MAX - 60_000) * 1_000_000n }),
    get lines() {
      return [...stored.values()];
    },
  };
}

const bytes = (text: string) => Buffer.byteLength(text);
const isLabelName = (name: string) => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);

/** https://github.com/grafana/loki/blob/main/pkg/validation/validate.go */
function faultOf(
  stream: Record<string, string>,
  nanos: unknown,
  line: string,
  metadata: Record<string, string>,
): string | null {
  const labels = Object.entries(stream);
  const name = `{${labels.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(', ')}}`;
  if (typeof nanos !== 'string' || !/^\d{19}$/.test(nanos))
    return "Value is string, but can't find closing '\"' symbol";
  if (labels.length > LABELS_MAX) return `entry for stream '${name}' has ${labels.length} label names; limit 15`;
  if (labels.some(([label, value]) => !isLabelName(label) || value === '' || bytes(value) > 2048)) return 'bad label';
  if (bytes(line) > LINE_BYTES_MAX) return `max entry size '262144' bytes exceeded for stream '${name}'`;
  const pairs = Object.entries(metadata);
  const size = pairs.reduce((sum, [label, value]) => sum + bytes(label) + bytes(value), 0);
  if (pairs.length > METADATA_MAX || size > METADATA_BYTES_MAX)
    return `stream '${name}' has structured metadata too large`;
  if (pairs.some(([label, value]) => !isLabelName(label) || typeof value !== 'string')) return 'bad metadata';
  const timeMs = Number(BigInt(nanos) / 1_000_000n);
  const oldestMs = Date.now() - AGE_MS_MAX;
  if (timeMs >= oldestMs) return null;
  const [time, oldest] = [timeMs, oldestMs].map((ms) => new Date(ms).toISOString().replace(/\.\d+Z/, 'Z'));
  return `entry for stream '${name}' has timestamp too old: ${time}, oldest acceptable timestamp is: ${oldest}`;
}
