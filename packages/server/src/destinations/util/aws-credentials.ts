import { readFile } from 'node:fs/promises';
import { AwsV4Signer } from 'aws4fetch';
import type { Egress } from '../../runtime/egress/egress.ts';
import { createExpiring, type Expiring } from './access-token.ts';
import type { AwsConfig } from './aws-config.ts';
import { awsRefusal } from './aws-errors.ts';
import type { HttpCall, HttpRequest } from './http.ts';
import { errorOfRefusal, type Strip } from './refusal.ts';
import { secretOf } from './secrets.ts';

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

interface Expires {
  value: AwsCredentials;
  expiresAtMs: number;
}

export interface AwsSurroundings {
  config: AwsConfig;
  secrets: Readonly<Record<string, string>>;
  egress: Egress;
  call: HttpCall;
  strip: Strip;
}

/** That the operator allows it is the word that integrations may act as the machine that the server runs on. */
const METADATA = 'http://169.254.169.254';
/** Where EKS puts a pod's token. No setting: it is the server's own. */
const POD_TOKEN_FILE = '/var/run/secrets/eks.amazonaws.com/serviceaccount/token';

/** An hour: what STS gives when a role says nothing else, s. */
const ROLE_SECONDS = 3600;

/** The credentials that the settings lead to, renewed before they expire. */
export function createAwsCredentials(surroundings: AwsSurroundings): Expiring<AwsCredentials> {
  const { config } = surroundings;
  const base = createExpiring((signal) => baseCredentials(surroundings, signal));
  if (config.credentials === 'pod' || config.role_arn === undefined) return base;
  const role = createExpiring(async (signal) => assumeRole(surroundings, await base.get(signal), signal));
  return {
    get: (signal) => role.get(signal),
    forget() {
      base.forget();
      role.forget();
    },
  };
}

async function baseCredentials(surroundings: AwsSurroundings, signal: AbortSignal): Promise<Expires> {
  switch (surroundings.config.credentials) {
    case 'keys':
      return { value: staticKeys(surroundings.secrets), expiresAtMs: Number.POSITIVE_INFINITY };
    case 'pod':
      return podRole(surroundings, signal);
  }
}

function staticKeys(secrets: Readonly<Record<string, string>>): AwsCredentials {
  const keys = {
    accessKeyId: secretOf(secrets, 'access_key_id'),
    secretAccessKey: secretOf(secrets, 'secret_access_key'),
  };
  return secrets.session_token ? { ...keys, sessionToken: secretOf(secrets, 'session_token') } : keys;
}

/** IAM roles for service accounts of EKS. The token goes to Amazon's STS alone: no setting leads it elsewhere. */
async function podRole({ config, egress, call, strip }: AwsSurroundings, signal: AbortSignal): Promise<Expires> {
  await egress.check(METADATA);
  const token = await readFile(POD_TOKEN_FILE, 'utf8').catch(() => {
    throw errorOfRefusal({
      code: 'destination_unauthorized',
      detail: `there is no token at ${POD_TOKEN_FILE}`,
      field: 'credentials',
      advice: 'Annotate the service account of the server with eks.amazonaws.com/role-arn, or use access keys.',
    });
  });
  const body = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: config.role_arn ?? '',
    RoleSessionName: 'tailwater',
    WebIdentityToken: token.trim(),
    DurationSeconds: String(ROLE_SECONDS),
  });
  const url = `${stsEndpoint(config.region)}/`;
  return stsAnswer(call, { method: 'POST', url, headers: FORM, body: body.toString(), signal }, strip);
}

const ROLE_ADVICE =
  'Let the role’s trust policy name the principal of these credentials and sts:AssumeRole; if it has a condition on ' +
  'sts:ExternalId, set external_id to the same.';

const FORM = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };

async function assumeRole(
  { config, call, strip }: AwsSurroundings,
  base: AwsCredentials,
  signal: AbortSignal,
): Promise<Expires> {
  const form = new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: config.role_arn ?? '',
    RoleSessionName: 'tailwater',
    DurationSeconds: String(ROLE_SECONDS),
  });
  if (config.external_id !== undefined) form.set('ExternalId', config.external_id);
  const url = `${config.sts_endpoint ?? stsEndpoint(config.region)}/`;
  const body = form.toString();
  const signed = await new AwsV4Signer({
    ...base,
    method: 'POST',
    url,
    headers: FORM,
    body,
    service: 'sts',
    region: config.region,
  }).sign();
  const headers = Object.fromEntries(signed.headers);
  return stsAnswer(call, { method: 'POST', url, headers, body, signal }, strip);
}

async function stsAnswer(call: HttpCall, request: HttpRequest, strip: Strip): Promise<Expires> {
  const response = await call(request);
  const refusal = awsRefusal(response, 'AWS STS', strip);
  if (refusal !== null) throw errorOfRefusal({ field: 'role_arn', advice: ROLE_ADVICE, ...refusal });
  const text = response.body.toString();
  const [accessKeyId, secretAccessKey, sessionToken, expiration] = [
    'AccessKeyId',
    'SecretAccessKey',
    'SessionToken',
    'Expiration',
  ].map((name) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1]);
  if (!accessKeyId || !secretAccessKey || !sessionToken || !expiration) {
    throw errorOfRefusal({ code: 'destination_unauthorized', detail: 'AWS STS answered no credentials' });
  }
  return { value: { accessKeyId, secretAccessKey, sessionToken }, expiresAtMs: Date.parse(expiration) };
}

function stsEndpoint(region: string): string {
  return `https://sts.${region}.${awsDomain(region)}`;
}

/** China has a domain of its own. https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-Beijing.html */
export function awsDomain(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}
