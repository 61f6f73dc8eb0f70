import { splunkHec } from '../../../src/destinations/splunk-hec/index.ts';
import { sampleEvent } from '../destination-events.ts';
import { echo, HTTP_FAULTS, openHttpVendor, type VendorAnswer, type VendorRequest } from './http-vendor.ts';
import type { Vendor } from './vendor.ts';

const TOKEN = '5b1c5ec2-e74d-4a5e-9f01-5ec2e7000001';
const INDEXES = ['main', 'events'];
/** Splunk Cloud's limit of a request. */
const BODY_BYTES_MAX = 1_000_000;
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

interface HecEvent {
  /** Splunk reads texts of numbers too. */
  time?: number | string;
  index?: string;
  event?: { message?: string };
}

interface SplunkOptions {
  /** Tokens with indexer acknowledgement; polls until each batch is indexed. */
  polls?: number;
  config?: object;
}

type SplunkVendor = Vendor & { events: HecEvent[]; requests: VendorRequest[] };

/** The HTTP Event Collector by its reference and its table of codes. */
export async function openSplunkVendor({ polls, config = {} }: SplunkOptions = {}): Promise<SplunkVendor> {
  const events: HecEvent[] = [];
  const acks = new Map<number, number>();
  const answer = (status: number, code: number, text: string, more = {}) => ({ status, body: { text, code, ...more } });
  const refusal = ({ headers, query }: VendorRequest): VendorAnswer | null => {
    const authorization = headers.authorization;
    if (authorization === undefined) return answer(401, 2, 'Token is required');
    if (!authorization.startsWith('Splunk ')) return answer(401, 3, 'Invalid authorization');
    if (authorization !== `Splunk ${TOKEN}`) return answer(403, 4, `Invalid token ${authorization}`);
    if (polls === undefined) return null;
    const channel = headers['x-splunk-request-channel'] ?? query.get('channel');
    if (channel === null) return answer(400, 10, 'Data channel is missing');
    return GUID.test(channel) ? null : answer(400, 11, 'Invalid data channel');
  };
  const takeEvents = (request: VendorRequest): VendorAnswer => {
    const refused = refusal(request);
    if (refused !== null) return refused;
    if (request.body.length === 0) return answer(400, 5, 'No data');
    if (request.body.length > BODY_BYTES_MAX) return { status: 413, body: 'Request entity too large' };
    const taken: HecEvent[] = [];
    for (const [i, event] of request.body
      .toString()
      .split('\n')
      .map((line) => JSON.parse(line) as HecEvent)
      .entries()) {
      const more = { 'invalid-event-number': i };
      if (event.event === undefined) return answer(400, 12, 'Event field is required', more);
      if (event.index !== undefined && !INDEXES.includes(event.index)) return answer(400, 7, 'Incorrect index', more);
      if (!(Number(event.time) > 0)) return answer(400, 6, `Invalid data format ${echo(request)}`, more);
      taken.push(event);
    }
    events.push(...taken);
    if (polls === undefined) return answer(200, 0, 'Success');
    acks.set(acks.size, polls);
    return answer(200, 0, 'Success', { ackId: acks.size - 1 });
  };
  const tellAcks = (request: VendorRequest): VendorAnswer => {
    const refused = refusal(request);
    if (refused !== null) return refused;
    if (polls === undefined) return answer(400, 14, 'ACK is disabled');
    const asked = (JSON.parse(request.body.toString()) as { acks: number[] }).acks;
    const told = asked.map((id) => {
      acks.set(id, acks.get(id)! - 1);
      return [id, acks.get(id)! <= 0] as const;
    });
    return { status: 200, body: { acks: Object.fromEntries(told) } };
  };
  const http = await openHttpVendor({
    isDelivery: ({ path, wire }) => path === '/services/collector/event' && wire.length > 0,
    handle: (request) => {
      const route = `${request.method} ${request.path}`;
      if (/^POST .services.collector.event(.1.0)?$/.test(route)) return takeEvents(request);
      if (route === 'POST /services/collector/ack') return tellAcks(request);
      if (route === 'GET /services/collector/health') return answer(200, 17, 'HEC is healthy');
      return { status: 404, body: 'The requested URL was not found on this server.' };
    },
  });
  const at = (url: string, token = TOKEN) => ({
    config: splunkHec.config.parse({ url, ...config }),
    secrets: { token },
  });
  return {
    ...http,
    settings: at(http.origin),
    unauthorized: at(http.origin, '5b1c5ec2-e74d-4a5e-9f01-5ec2e7ffffff'),
    at: (host, port) => at(`http://${host}:${port}`),
    faults: HTTP_FAULTS,
    messages: () => events.map(({ event }) => String(event?.message)),
    // Asking whether the token is good ends with "No data", which is the good answer.
    complaints: () => http.complaints.filter((complaint) => !complaint.includes('"code":5')),
    takesOnce: false,
    poison: (event) => sampleEvent(1, { ...event, timestampNs: -5_000_000_000n }),
    events,
  };
}
