import { z } from 'zod';
import { checkHeaders } from '../../runtime/egress/headers.ts';
import { isKnownError } from '../../runtime/errors.ts';
import type { SecretField } from '../destination.ts';
import { connectionFields, httpUrl } from '../util/http.ts';
import { payloadMappingSchema } from '../util/payload.ts';
import { templateProblem } from './template.ts';

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~\w-]{1,256}$/, 'a name of a header');

const fields = z.strictObject({
  url: httpUrl.optional().meta({
    description: 'Address of the receiver. One that is itself a secret belongs into the secret `secret_url`.',
  }),
  method: z.enum(['POST', 'PUT']).default('POST').meta({ description: 'Method of requests.' }),
  batch: z.enum(['envelope', 'array', 'ndjson', 'single']).default('envelope').meta({
    description:
      'Body of a request. `envelope`: {"id", "type", "timestamp", "data": [events]}; `array`: [events]; `ndjson`: an event a line; `single`: one event a request.',
  }),
  events_max: z.int().min(1).max(10_000).default(100).meta({ description: 'Events of one request at most.' }),
  body_bytes_max: z
    .int()
    .min(1024)
    .max(20_000_000)
    .default(1_000_000)
    .meta({ description: 'Bytes of one request at most, before compression.' }),
  template: z.string().max(65_536).optional().meta({
    description:
      'JSON of one event, in place of `payload`. `"{{severity}}"` alone becomes the value, within a text its words; `{{event}}` is the whole event, `{{metadata.NAME}}` and `{{labels.NAME}}` one value.',
  }),
  headers: z
    .record(headerName, z.string().max(4096))
    .default({})
    .meta({ description: 'Headers of each request, readable to all who see the integration.' }),
  auth: z
    .enum(['none', 'bearer', 'basic', 'header'])
    .default('none')
    .meta({ description: 'Where the secret `token` goes: `Authorization: Bearer`, Basic, or a header of its own.' }),
  username: z.string().max(256).default('').meta({ description: 'User name of Basic.' }),
  auth_header: headerName.default('x-api-key').meta({ description: 'Name of the header that holds the token.' }),
  signature: z.enum(['none', 'standard', 'sha256']).default('none').meta({
    description:
      'How the secret `signing_secret` signs. `standard`: Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature); `sha256`: `sha256=HEX` of the body, as GitHub does.',
  }),
  signature_header: headerName
    .default('x-hub-signature-256')
    .meta({ description: 'Header of the `sha256` signature.' }),
  compression: z
    .enum(['none', 'gzip'])
    .default('none')
    .meta({ description: 'gzip only if the receiver reads it; signatures are of the body before it.' }),
  client_certificate: z
    .string()
    .max(1 << 16)
    .optional()
    .meta({ description: 'Certificate (PEM) for mutual TLS; its key is the secret `client_key`.' }),
  payload: payloadMappingSchema('platform'),
  ...connectionFields,
});

export const webhookConfig = fields.superRefine(({ headers, template }, context) => {
  try {
    checkHeaders(headers);
  } catch (error) {
    if (!isKnownError(error)) throw error;
    context.addIssue({ code: 'custom', path: ['headers'], message: error.message });
  }
  const problem = template === undefined ? null : templateProblem(template);
  if (problem !== null) context.addIssue({ code: 'custom', path: ['template'], message: problem });
});
export type WebhookConfig = z.output<typeof webhookConfig>;

export const WEBHOOK_SECRETS: readonly SecretField[] = [
  {
    name: 'token',
    title: 'Token or password',
    description: 'For `auth`: the bearer token, the password of Basic, or the value of the header.',
    required: false,
  },
  {
    name: 'signing_secret',
    title: 'Signing secret',
    description: 'For `signature`: `whsec_` and base64 for Standard Webhooks, any text for `sha256`.',
    required: false,
  },
  {
    name: 'previous_signing_secret',
    title: 'Previous signing secret',
    description: 'While a secret is changed: Standard Webhooks signs with both.',
    required: false,
  },
  {
    name: 'secret_url',
    title: 'Secret address',
    description: 'The whole address, where it is a secret; in place of `url`.',
    required: false,
  },
  {
    name: 'client_key',
    title: 'Client key',
    description: 'Key (PEM) of `client_certificate`.',
    required: false,
    multiline: true,
  },
];
