import { createHmac } from 'node:crypto';
import { PermanentError } from '../../runtime/errors.ts';
import { secretOf } from '../util/secrets.ts';
import type { WebhookConfig } from './config.ts';

type Secrets = Readonly<Record<string, string>>;

/** What is signed. `id` is the same whenever the batch is sent. */
export interface SignedMessage {
  id: string;
  timestampMs: number;
  body: Buffer;
}

/** The headers that prove who sent the body. Throws PermanentError `destination_unauthorized` when no secret is set. */
export function signatureHeaders(
  { signature, signature_header: header }: WebhookConfig,
  secrets: Secrets,
  message: SignedMessage,
): Record<string, string> {
  if (signature === 'none') return {};
  if (signature === 'sha256') {
    const digest = createHmac('sha256', secretOf(secrets, 'signing_secret')).update(message.body).digest('hex');
    return { [header]: `sha256=${digest}` };
  }
  const names = secrets.previous_signing_secret ? ['signing_secret', 'previous_signing_secret'] : ['signing_secret'];
  const seconds = String(Math.floor(message.timestampMs / 1000));
  return {
    'webhook-id': message.id,
    'webhook-timestamp': seconds,
    'webhook-signature': names.map((name) => standardSignature(keyOf(secrets, name), seconds, message)).join(' '),
  };
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#symmetric */
function standardSignature(key: Buffer, seconds: string, { id, body }: SignedMessage): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64')}`;
}

function keyOf(secrets: Secrets, name: string): Buffer {
  const base64 = secretOf(secrets, name).replace(/^whsec_/, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    throw new PermanentError('destination_unauthorized', `\`${name}\` is not \`whsec_\` and base64.`, name);
  }
  return Buffer.from(base64, 'base64');
}
