import { createHash } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import type { EgressResponse } from '../../runtime/egress/egress.ts';
import type { Expiring } from './access-token.ts';
import { type AwsCredentials, type AwsSurroundings, createAwsCredentials } from './aws-credentials.ts';
import { awsErrorOf, isExpired } from './aws-errors.ts';

export interface AwsRequest {
  method: 'POST' | 'PUT' | 'GET' | 'HEAD';
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array | string;
}

export interface AwsClient {
  /** Signs and sends. Credentials that have expired meanwhile are renewed once. */
  request(request: AwsRequest, signal: AbortSignal): Promise<EgressResponse>;
  /** Gets the credentials, for the step of a connection test. Throws as `request` does. */
  authenticate(signal: AbortSignal): Promise<void>;
}

/** Sends requests that are signed with SigV4. */
export function createAwsClient(service: 'logs' | 's3' | 'es' | 'aoss', surroundings: AwsSurroundings): AwsClient {
  const { config, call } = surroundings;
  const credentials = createAwsCredentials(surroundings);
  const isRenewable = config.credentials !== 'keys' || config.role_arn !== undefined;
  const send = async (request: AwsRequest, signal: AbortSignal) => {
    const headers = await signedHeaders(request, service, config.region, credentials, signal);
    return call({ method: request.method, url: request.url, headers, body: request.body, signal });
  };
  return {
    async request(request, signal) {
      const response = await send(request, signal);
      if (!isRenewable || response.status < 400 || !isExpired(awsErrorOf(response))) return response;
      credentials.forget();
      return send(request, signal);
    },
    async authenticate(signal) {
      await credentials.get(signal);
    },
  };
}

async function signedHeaders(
  { method, url, headers, body }: AwsRequest,
  service: string,
  region: string,
  credentials: Expiring<AwsCredentials>,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const own = await credentials.get(signal);
  // The body's hash is signed everywhere, over plain HTTP too; without it S3 would take any body.
  const hash = createHash('sha256').update(body).digest('hex');
  const signer = new AwsV4Signer({
    ...own,
    method,
    url,
    headers: { ...headers, 'x-amz-content-sha256': hash },
    service,
    region,
  });
  return Object.fromEntries((await signer.sign()).headers);
}
