import { gcpLogging } from '../../../src/destinations/gcp-logging/index.ts';
import { type GoogleAccount, googleAccount } from './google-token.ts';
import { echo, HTTP_FAULTS, openHttpVendor, type VendorAnswer, type VendorRequest } from './http-vendor.ts';
import type { Vendor } from './vendor.ts';

const SCOPE = 'https://www.googleapis.com/auth/logging.write';
/** https://cloud.google.com/logging/quotas */
const REQUEST_BYTES_MAX = 10_000_000;
const ENTRY_BYTES_MAX = 256 * 1024;
const LABELS_MAX = 64;
const AHEAD_MS_MAX = 24 * 3_600_000;
const SEVERITIES = ['DEFAULT', 'DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'CRITICAL', 'ALERT', 'EMERGENCY'];

export interface LogEntry {
  timestamp: string;
  severity: string;
  insertId: string;
  labels?: Record<string, string>;
  jsonPayload: { message: string };
}

interface WriteRequest {
  logName: string;
  resource: { type: string; labels: Record<string, string> };
  partialSuccess?: boolean;
  dryRun?: boolean;
  entries: LogEntry[];
}

/** entries:write: https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries/write */
export async function openGcpLoggingVendor(): Promise<
  Vendor & { entries: Map<string, LogEntry>; writes: WriteRequest[]; account: GoogleAccount }
> {
  const entries = new Map<string, LogEntry>();
  const writes: WriteRequest[] = [];
  const account = googleAccount();
  const write = (request: VendorRequest): VendorAnswer => {
    const error = (code: number, status: string, message: string, details: unknown[] = []) => ({
      status: code,
      body: { error: { code, message, status, details } },
    });
    const fault = account.tokenFault(request, SCOPE);
    if (fault !== null) return fault;
    if (`${request.method} ${request.path}` !== 'POST /v2/entries:write') return error(404, 'NOT_FOUND', echo(request));
    if (request.body.length > REQUEST_BYTES_MAX)
      return error(400, 'INVALID_ARGUMENT', 'Request payload size exceeds the limit.');
    const body = JSON.parse(request.body.toString()) as WriteRequest;
    writes.push(body);
    if (body.logName !== 'projects/acme-logs/logs/tailwater')
      return error(403, 'PERMISSION_DENIED', `no ${body.logName}`);
    const faults = body.entries.map(faultOf);
    const failed = faults.flatMap((message, index) =>
      message === null ? [] : [[String(index), { code: 3, message: `${message} ${echo(request)}` }]],
    );
    const isWhole = failed.length > 0 && (body.partialSuccess !== true || failed.length === body.entries.length);
    if (isWhole) return error(400, 'INVALID_ARGUMENT', 'Log entry is not valid.');
    if (body.dryRun !== true) {
      for (const [index, entry] of body.entries.entries())
        if (faults[index] === null) entries.set(`${entry.timestamp} ${entry.insertId}`, entry);
    }
    if (failed.length === 0) return { status: 200, body: {} };
    return error(400, 'INVALID_ARGUMENT', 'One or more entries are not valid.', [
      {
        '@type': 'type.googleapis.com/google.logging.v2.WriteLogEntriesPartialErrors',
        logEntryErrors: Object.fromEntries(failed),
      },
    ]);
  };
  const http = await openHttpVendor({
    isDelivery: ({ path }) => path !== '/token',
    handle: (request) => (request.path === '/token' ? account.takeAssertion(request) : write(request)),
  });
  const keyFile = account.keyFile(http.origin);
  const at = (endpoint: string, key = keyFile) => ({
    config: gcpLogging.config.parse({ project: 'acme-logs', endpoint }),
    secrets: { service_account_key: key },
  });
  return {
    ...http,
    settings: at(http.origin),
    unauthorized: at(http.origin, account.wrongKeyFile(http.origin)),
    at: (host, port) => at(`http://${host}:${port}`),
    faults: HTTP_FAULTS,
    messages: () => [...entries.values()].map(({ jsonPayload }) => jsonPayload.message),
    complaints: () => http.complaints,
    takesOnce: true,
    poison: (event) => ({ ...event, timestampNs: event.timestampNs + BigInt(2 * AHEAD_MS_MAX) * 1_000_000n }),
    entries,
    writes,
    account,
  };
}

function faultOf(entry: LogEntry): string | null {
  if (Buffer.byteLength(JSON.stringify(entry)) > ENTRY_BYTES_MAX) return 'Log entry is too large.';
  if (!SEVERITIES.includes(entry.severity)) return 'Invalid severity.';
  if (Object.keys(entry.labels ?? {}).length > LABELS_MAX) return 'Too many labels.';
  if (!(Date.parse(entry.timestamp) - Date.now() <= AHEAD_MS_MAX))
    return 'Log entry timestamp is too far in the future.';
  return /^[\w-]{1,511}$/.test(entry.insertId) ? null : 'Invalid insertId.';
}
