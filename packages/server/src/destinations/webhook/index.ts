import type { Event } from '@tailwater/schema';
import type { Egress } from '../../runtime/egress/egress.ts';
import { PermanentError } from '../../runtime/errors.ts';
import type { DeliveryBatch, DeliveryResult, Destination, DestinationType, Settings } from '../destination.ts';
import { failureOf, isSuccess } from '../util/answers.ts';
import { compressed, type Framing, joinEvents } from '../util/body.ts';
import { encodeWithin } from '../util/cut.ts';
import { firstSet, givenOnly, givenSecrets } from '../util/environment.ts';
import { httpCaller } from '../util/http.ts';
import { quote, timeText } from '../util/json-text.ts';
import { payloadText } from '../util/payload.ts';
import { basicOf, secretOf, secretStripper } from '../util/secrets.ts';
import { type AdviceOf, runMarkedEvent } from '../util/test-steps.ts';
import { WEBHOOK_SECRETS, type WebhookConfig, webhookConfig } from './config.ts';
import { signatureHeaders } from './sign.ts';
import { compileTemplate } from './template.ts';

/** Room for what stands around the events: ids and times of the envelope. */
const FRAME_BYTES = 256;

/** Any HTTP receiver, by a JSON body of the user's shape. */
export const webhook: DestinationType<WebhookConfig> = {
  id: 'webhook',
  title: 'Webhook',
  config: webhookConfig,
  secrets: WEBHOOK_SECRETS,
  limits: ({ batch, events_max: eventsMax, body_bytes_max: bodyBytesMax }) => ({
    eventsMax: batch === 'single' ? 1 : eventsMax,
    bytesMax: bodyBytesMax - FRAME_BYTES,
    eventBytesMax: bodyBytesMax - FRAME_BYTES - 1,
    overheadBytes: 1,
    ageMsMax: 1000,
    // Receivers are programs of users, who may rely on the order.
    concurrency: 1,
  }),
  fromEnvironment: (environment) => {
    const url = firstSet(environment, 'WEBHOOK_URL');
    if (url === undefined) return null;
    const token = firstSet(environment, 'WEBHOOK_TOKEN');
    const signingSecret = firstSet(environment, 'WEBHOOK_SECRET');
    const members = {
      auth: token === undefined ? undefined : 'bearer',
      signature: signingSecret === undefined ? undefined : 'standard',
    };
    // Addresses of webhooks often are the credentials.
    return {
      config: webhookConfig.parse(givenOnly(members)),
      secrets: givenSecrets({ secret_url: url, token, signing_secret: signingSecret }),
    };
  },
  encode: (event, config) =>
    encodeWithin(event, config.body_bytes_max - FRAME_BYTES - 1, (fitting) => eventText(fitting, config)),
  open: (settings, { egress }) => openWebhook(settings, egress),
};

const templates = new WeakMap<WebhookConfig, ReturnType<typeof compileTemplate>>();

function eventText(event: Event, config: WebhookConfig): string {
  if (config.template === undefined) return payloadText(event, config.payload);
  const render = templates.get(config) ?? compileTemplate(config.template);
  templates.set(config, render);
  return render(event, (whole) => payloadText(whole, config.payload));
}

function openWebhook({ config, secrets }: Settings<WebhookConfig>, egress: Egress): Destination {
  const basic = secrets.token && basicOf(config.username, secrets, 'token');
  const strip = secretStripper({ ...secrets, basic });
  const tls = {
    ...(config.client_certificate !== undefined && { cert: config.client_certificate }),
    ...(secrets.client_key !== undefined && { key: secrets.client_key }),
  };
  const call = httpCaller(egress, config, strip, tls);
  const send = async (type: string, batch: DeliveryBatch, signal: AbortSignal): Promise<DeliveryResult> => {
    const joined = joinEvents(batch.events, framingOf(config, type, batch));
    const { body, headers } = config.compression === 'gzip' ? await compressed(joined) : { body: joined, headers: {} };
    const response = await call({
      method: config.method,
      url: addressOf(config, secrets),
      headers: {
        'content-type': config.batch === 'ndjson' ? 'application/x-ndjson' : 'application/json',
        'user-agent': 'Tailwater',
        ...config.headers,
        ...authHeaders(config, secrets),
        ...signatureHeaders(config, secrets, { id: batch.id, timestampMs: Date.now(), body: joined }),
        ...headers,
      },
      body,
      signal,
    });
    if (!isSuccess(response)) throw failureOf(response, strip);
    return { rejected: [], again: [], bytesSent: body.length, status: String(response.status) };
  };
  return {
    deliver: (batch, signal) => send('events', batch, signal),
    test: async (marked, report, signal) => {
      await runMarkedEvent(marked, { report, signal, advise }, (batch) => send('test', batch, signal));
    },
    close: async () => {},
  };
}

function addressOf({ url }: WebhookConfig, secrets: Settings<unknown>['secrets']): string {
  const address = secrets.secret_url?.trim() || url;
  if (address === undefined || !URL.canParse(address)) {
    throw new PermanentError('destination_unauthorized', 'No address is set, neither `url` nor `secret_url`.', 'url');
  }
  return address;
}

/** A batch that is sent again is the same bytes: its times are those of its events. */
function framingOf({ batch }: WebhookConfig, type: string, { id, events }: DeliveryBatch): Framing {
  if (batch === 'single') return {};
  if (batch === 'ndjson') return { between: '\n', after: '\n' };
  if (batch === 'array') return { before: '[', between: ',', after: ']' };
  const timestamp = timeText(events.at(-1)?.timestampNs ?? 0n);
  const before = `{"id":${quote(id)},"type":"${type}","timestamp":"${timestamp}","data":[`;
  return { before, between: ',', after: ']}' };
}

function authHeaders(
  { auth, username, auth_header: header }: WebhookConfig,
  secrets: Settings<unknown>['secrets'],
): Record<string, string> {
  if (auth === 'none') return {};
  if (auth === 'basic') return { authorization: `Basic ${basicOf(username, secrets, 'token')}` };
  const token = secretOf(secrets, 'token');
  if (auth === 'bearer') return { authorization: `Bearer ${token}` };
  return { [header]: token };
}

const advise: AdviceOf = (error) => {
  if (error.code !== 'destination_unauthorized') return undefined;
  const field = (error instanceof PermanentError ? error.field : undefined) ?? 'token';
  return { field, advice: 'Check `auth` and `token`, and the signing secret, with those that the receiver knows.' };
};
