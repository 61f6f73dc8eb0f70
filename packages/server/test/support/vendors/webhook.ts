import { Webhook } from 'standardwebhooks';
import { webhook } from '../../../src/destinations/webhook/index.ts';
import { echo, HTTP_FAULTS, openHttpVendor, type VendorAnswer, type VendorRequest } from './http-vendor.ts';
import type { Vendor } from './vendor.ts';

const SIGNING_SECRET = `whsec_${Buffer.from('5ec2e7-of-the-webhook-receiver').toString('base64')}`;
const WRONG_SECRET = `whsec_${Buffer.from('another-secret-of-a-webhook-00').toString('base64')}`;
const TOKEN = 'tok_5ec2e7000000000003';

interface Envelope {
  id: string;
  type: string;
  timestamp: string;
  data: { message: string }[];
}

/** A receiver of Standard Webhooks, by their own library, which remembers ids as the specification says. */
export async function openWebhookVendor(): Promise<Vendor & { bodies: Envelope[]; requests: VendorRequest[] }> {
  const bodies = new Map<string, Envelope>();
  const verifier = new Webhook(SIGNING_SECRET);
  const take = (request: VendorRequest): VendorAnswer => {
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return { status: 401, body: echo(request) };
    try {
      verifier.verify(request.body, request.headers as Record<string, string>);
    } catch (error) {
      return { status: 401, body: `${String(error)} ${echo(request)}` };
    }
    const envelope = JSON.parse(request.body.toString()) as Envelope;
    if (envelope.id !== request.headers['webhook-id']) return { status: 400, body: 'two ids' };
    bodies.set(envelope.id, envelope);
    return { status: 204 };
  };
  const http = await openHttpVendor({ handle: take });
  const at = (url: string, secret = SIGNING_SECRET) => ({
    config: webhook.config.parse({ url: `${url}/hook`, auth: 'bearer', signature: 'standard' }),
    secrets: { token: TOKEN, signing_secret: secret },
  });
  return {
    ...http,
    settings: at(http.origin),
    unauthorized: at(http.origin, WRONG_SECRET),
    at: (host, port) => at(`http://${host}:${port}`),
    faults: HTTP_FAULTS,
    messages: () => [...bodies.values()].flatMap(({ data }) => data.map(({ message }) => message)),
    complaints: () => http.complaints,
    takesOnce: true,
    get bodies() {
      return [...bodies.values()];
    },
  };
}
