import { azureMonitor } from '../../../src/destinations/azure-monitor/index.ts';
import { CLIENT, CLIENT_SECRET, type EntraTokens, entraTokens, TENANT, WRONG_CLIENT_SECRET } from './entra-token.ts';
import { echo, HTTP_FAULTS, openHttpVendor, type VendorAnswer, type VendorRequest } from './http-vendor.ts';
import type { Vendor } from './vendor.ts';

const RULE = 'dcr-00a1b2c3d4e5f60718293a4b5c6d7e8f';
const STREAM = 'Custom-Tailwater_CL';
/** https://learn.microsoft.com/en-us/azure/azure-monitor/fundamentals/service-limits#logs-ingestion-api */
const CALL_BYTES_MAX = 1_000_000;

interface Row {
  TimeGenerated: string;
  message: string;
}

/** The Logs Ingestion API of one rule: https://learn.microsoft.com/en-us/azure/azure-monitor/logs/logs-ingestion-api-overview */
export async function openAzureMonitorVendor(): Promise<
  Vendor & { rows: Row[]; tokens: EntraTokens; requests: VendorRequest[] }
> {
  const rows: Row[] = [];
  const tokens = entraTokens('https://monitor.azure.com/.default');
  const ingest = (request: VendorRequest): VendorAnswer => {
    const error = (status: number, code: string, message = '') => ({
      status,
      headers: { 'x-ms-error-code': code },
      body: { error: { code, message: `${message || code}\n${echo(request)}` } },
    });
    if (!tokens.isValid(request)) return error(401, 'InvalidToken');
    const { path, query, headers, method } = request;
    const [, rule, stream] = /^\/dataCollectionRules\/([^/]+)\/streams\/([^/]+)$/.exec(path) ?? [];
    if (method !== 'POST' || rule === undefined || query.get('api-version') !== '2023-01-01')
      return error(404, 'NotFound');
    if (rule !== RULE) return error(404, 'NotFound', `Data collection rule with immutable Id '${rule}' not found.`);
    if (stream !== STREAM) return error(400, 'InvalidStream', `The stream ${stream} was not configured in the DCR.`);
    if (headers['content-type'] !== 'application/json') return error(415, 'UnsupportedMediaType');
    if (request.body.length > CALL_BYTES_MAX) return error(413, 'ContentLengthLimitExceeded');
    const items = JSON.parse(request.body.toString()) as Row[];
    const isTimed = ({ TimeGenerated }: Row) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(TimeGenerated);
    if (!Array.isArray(items) || !items.every(isTimed)) return error(400, 'InvalidPayload');
    rows.push(...items);
    return { status: 204 };
  };
  const http = await openHttpVendor({
    isDelivery: ({ path }) => path.startsWith('/dataCollectionRules/'),
    handle: (request) => tokens.give(request) ?? ingest(request),
  });
  const at = (endpoint: string, secret = CLIENT_SECRET) => ({
    config: azureMonitor.config.parse({
      ...{ endpoint, rule_id: RULE, stream: STREAM },
      ...{ tenant_id: TENANT, client_id: CLIENT, authority: http.origin },
    }),
    secrets: { client_secret: secret },
  });
  return {
    ...http,
    settings: at(http.origin),
    unauthorized: at(http.origin, WRONG_CLIENT_SECRET),
    at: (host, port) => at(`http://${host}:${port}`),
    faults: HTTP_FAULTS,
    messages: () => rows.map(({ message }) => message),
    complaints: () => http.complaints,
    takesOnce: false,
    rows,
    tokens,
  };
}
