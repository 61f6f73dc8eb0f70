import type { Egress, EgressResponse } from '../../runtime/egress/egress.ts';
import type { Settings } from '../destination.ts';
import type { Strip } from '../util/answers.ts';
import { createAwsClient } from '../util/aws.ts';
import { httpCaller } from '../util/http.ts';
import { basicOf, secretOf } from '../util/secrets.ts';
import type { ElasticsearchConfig } from './config.ts';

export interface ClusterRequest {
  method: 'GET' | 'POST' | 'PUT';
  /** Below the address of the cluster, whose own path and query stay. */
  path: string;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array | string;
}

/** One call with JSON. */
export type ClusterCall = (
  method: ClusterRequest['method'],
  path: string,
  body: unknown,
  signal: AbortSignal,
) => Promise<EgressResponse>;

/** Requests to the cluster with its credentials. */
export interface Cluster {
  send(request: ClusterRequest, signal: AbortSignal): Promise<EgressResponse>;
  call: ClusterCall;
}

export function openCluster({ config, secrets }: Settings<ElasticsearchConfig>, egress: Egress, strip: Strip): Cluster {
  const call = httpCaller(egress, config, strip);
  const aws =
    config.auth === 'aws' && config.aws !== undefined
      ? createAwsClient(config.aws_service, { config: config.aws, secrets, egress, call, strip })
      : null;
  const send: Cluster['send'] = ({ method, path, query = {}, headers = {}, body }, signal) => {
    const url = new URL(config.url);
    url.pathname = url.pathname.replace(/\/+$/, '') + path;
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const request = { method, url: url.href, headers: { accept: 'application/json', ...headers } };
    if (aws !== null) return aws.request({ ...request, body: body ?? '' }, signal);
    const all = { ...request.headers, ...authorization(config, secrets) };
    return call({ ...request, headers: all, ...(body !== undefined && { body }), signal });
  };
  return {
    send,
    call: (method, path, body, signal) =>
      send(
        body === undefined
          ? { method, path }
          : { method, path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
        signal,
      ),
  };
}

function authorization(
  { auth, username }: ElasticsearchConfig,
  secrets: Settings<unknown>['secrets'],
): Record<string, string> {
  if (auth === 'api_key') {
    const key = secretOf(secrets, 'api_key');
    // As it was answered when it was made, id:key; Kibana shows it encoded.
    return { authorization: `ApiKey ${key.includes(':') ? Buffer.from(key).toString('base64') : key}` };
  }
  if (auth !== 'basic') return {};
  return { authorization: `Basic ${basicOf(username, secrets, 'password')}` };
}
