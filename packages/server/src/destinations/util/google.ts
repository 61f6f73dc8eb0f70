import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { EgressResponse } from '../../runtime/egress/egress.ts';
import type { SecretField } from '../destination.ts';
import { createExpiring, type Expiring } from './access-token.ts';
import { isSuccess, readJson, retryAfterMs, tellText } from './answers.ts';
import { type Environment, firstSet } from './environment.ts';
import type { HttpCall } from './http.ts';
import { errorOfRefusal, type Refusal, refusalOfStatus, type Strip } from './refusal.ts';

export const GOOGLE_SECRETS: readonly SecretField[] = [
  {
    name: 'service_account_key',
    title: 'Service account key',
    description: 'The JSON key file of a service account, whole.',
    required: true,
    multiline: true,
  },
];

const keyFile = z.object({
  type: z.literal('service_account'),
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().optional(),
  project_id: z.string().optional(),
  token_uri: z.url({ protocol: /^https?$/ }).default('https://oauth2.googleapis.com/token'),
});
type KeyFile = z.infer<typeof keyFile>;

/**
 * The key file that Google's own tools take: GOOGLE_APPLICATION_CREDENTIALS is its path, or its content, as containers
 * like it. A file that cannot be read is told where the key is used: starting goes on without it.
 */
export function googleKeyOf(environment: Environment): string | undefined {
  const text = firstSet(environment, 'GOOGLE_APPLICATION_CREDENTIALS_JSON', 'GOOGLE_APPLICATION_CREDENTIALS');
  if (text === undefined || text.startsWith('{')) return text;
  try {
    return readFileSync(text, 'utf8');
  } catch {
    return text;
  }
}

/** The project that a key file names; undefined: it names none, or is no key file. */
export function projectOfKey(text: string): string | undefined {
  return readJson(Buffer.from(text), keyFile)?.project_id;
}

const KEY_ADVICE = 'Create a JSON key of the service account in IAM and paste the whole file.';

function readKeyFile(text: string | undefined): { file: KeyFile; key: KeyObject } {
  const refuse = (detail: string) =>
    errorOfRefusal({
      code: 'destination_unauthorized',
      detail,
      field: 'service_account_key',
      advice: KEY_ADVICE,
    });
  const file = readJson(Buffer.from(text ?? ''), keyFile);
  if (file === null) throw refuse('the service account key is no JSON key file');
  try {
    return { file, key: createPrivateKey(file.private_key) };
  } catch {
    throw refuse('the private key in the service account key cannot be read');
  }
}

/** An hour, the longest that Google allows, s. */
const TOKEN_SECONDS = 3600;

/** The signed claim that a token is given for (RFC 7523). https://developers.google.com/identity/protocols/oauth2/service-account */
export function signAssertion(file: KeyFile, key: KeyObject, scope: string, nowS: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = part({
    alg: 'RS256',
    typ: 'JWT',
    ...(file.private_key_id === undefined ? {} : { kid: file.private_key_id }),
  });
  const claims = part({
    iss: file.client_email,
    scope,
    aud: file.token_uri,
    exp: nowS + TOKEN_SECONDS,
    iat: nowS,
  });
  const text = `${header}.${claims}`;
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`;
}

const tokenAnswer = z.object({ access_token: z.string(), expires_in: z.number() });

/** Access tokens of a service account. */
export function createGoogleToken(
  secrets: Readonly<Record<string, string>>,
  scope: string,
  call: HttpCall,
  strip: Strip,
): Expiring<string> {
  return createExpiring(async (signal) => {
    const { file, key } = readKeyFile(secrets.service_account_key);
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: signAssertion(file, key, scope, Math.floor(Date.now() / 1000)),
    }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const response = await call({ method: 'POST', url: file.token_uri, headers, body, signal });
    const answer = readJson(response.body, tokenAnswer);
    if (response.status !== 200 || answer === null) throw errorOfRefusal(tokenRefusal(response, strip));
    return { value: answer.access_token, expiresAtMs: Date.now() + answer.expires_in * 1000 };
  });
}

const tokenError = z.object({ error: z.string().default(''), error_description: z.string().default('') });

function tokenRefusal(response: EgressResponse, strip: Strip): Refusal {
  const { error, error_description: description } = readJson(response.body, tokenError) ?? tokenError.parse({});
  const words = [error, description].filter((word) => word !== '').join(': ');
  const detail = tellText(`Google’s token service answered ${response.status} ${words}`, strip);
  const refusal = refusalOfStatus(response, detail, strip);
  if (refusal.code === 'destination_unavailable') return refusal;
  const isClock = /iat|exp|lifetime|timeframe|clock/i.test(words);
  const advice = isClock
    ? 'The clock of this server is wrong: have it set by NTP.'
    : `The key was deleted or the service account disabled. ${KEY_ADVICE}`;
  return { code: 'destination_unauthorized', detail, field: 'service_account_key', advice };
}

/** The error of Google's JSON APIs. https://google.aip.dev/193 */
export interface GoogleError {
  /** `PERMISSION_DENIED`; of Cloud Storage, which has none, the reason: `forbidden`. */
  status: string;
  message: string;
  details: readonly unknown[];
}

const errorAnswer = z.object({
  error: z.object({
    status: z.string().optional(),
    message: z.string().default(''),
    errors: z.array(z.object({ reason: z.string().optional() })).optional(),
    details: z.array(z.unknown()).default([]),
  }),
});

export function googleErrorOf({ body }: EgressResponse): GoogleError {
  const answer = readJson(body, errorAnswer);
  if (answer === null) return { status: '', message: '', details: [] };
  const { status, message, errors, details } = answer.error;
  return { status: status ?? errors?.[0]?.reason ?? '', message, details };
}

/** gRPC's names of what may work later; HTTP's statuses are not as exact. */
const LATER = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'INTERNAL', 'ABORTED']);

/** Why `who` did not do it; null when it did. A bucket or project that is missing is no fault of any event: retried. */
export function googleRefusal(response: EgressResponse, who: string, strip: Strip): Refusal | null {
  if (isSuccess(response)) return null;
  const { status } = response;
  const error = googleErrorOf(response);
  const words = [error.status, error.message].filter((word) => word !== '').join(': ');
  const detail = tellText(`${who} answered ${status} ${words}`, strip);
  if (LATER.has(error.status)) {
    return { code: 'destination_unavailable', detail, retryAfterMs: retryAfterMs(response.headers) };
  }
  const refusal = refusalOfStatus(response, detail, strip);
  return status === 401 ? { ...refusal, field: 'service_account_key', advice: KEY_ADVICE } : refusal;
}
