import { z } from 'zod';
import type { Egress } from '../../runtime/egress/egress.ts';
import { PermanentError } from '../../runtime/errors.ts';
import type { DeliveryBatch, DeliveryResult, Destination, Settings } from '../destination.ts';
import { failureOf, isSuccess, readJson, type Strip } from '../util/answers.ts';
import { compressed, joinEvents } from '../util/body.ts';
import { basicOf, secretStripper } from '../util/secrets.ts';
import { type Advice, clockAdvice, runMarkedEvent, runStep } from '../util/test-steps.ts';
import { FILTER_PATH, readBulkAnswer } from './bulk-answer.ts';
import { type Cluster, openCluster } from './cluster.ts';
import type { ElasticsearchConfig } from './config.ts';
import { setUp } from './setup.ts';

export function openElasticsearch(settings: Settings<ElasticsearchConfig>, egress: Egress): Destination {
  const { config, secrets } = settings;
  const basic = secrets.password && basicOf(config.username, secrets, 'password');
  const strip = secretStripper({ ...secrets, basic });
  const cluster = openCluster(settings, egress, strip);
  let isSetUp = config.setup === undefined;
  const prepare = async (signal: AbortSignal): Promise<string> => {
    const made = await setUp(cluster.call, config, strip, signal);
    isSetUp = true;
    return made;
  };
  const deliver = async (batch: DeliveryBatch, signal: AbortSignal): Promise<DeliveryResult> => {
    if (!isSetUp) await prepare(signal);
    return bulk(cluster, batch, strip, signal);
  };
  return {
    deliver,
    test: async (marked, report, signal) => {
      const run = { report, signal, advise: (error: Error & { code: string }) => advise(config, error) };
      const isWell =
        (await runStep('credentials', run, () => askCluster(cluster, config, strip, signal))) &&
        (await runStep('permissions', run, () => askPrivileges(cluster, config, strip, signal))) &&
        (config.setup === undefined || (await runStep('setup', run, () => prepare(signal))));
      if (isWell) await runMarkedEvent(marked, run, deliver);
    },
    close: async () => {},
  };
}

async function bulk(
  cluster: Cluster,
  { events }: DeliveryBatch,
  strip: Strip,
  signal: AbortSignal,
): Promise<DeliveryResult> {
  const { body, headers } = await compressed(joinEvents(events));
  const response = await cluster.send(
    {
      method: 'POST',
      path: '/_bulk',
      query: { filter_path: FILTER_PATH },
      headers: { ...headers, 'content-type': 'application/x-ndjson' },
      body,
    },
    signal,
  );
  if (!isSuccess(response)) throw failureOf(response, strip);
  const parts = readBulkAnswer(response, events.length, strip);
  return { ...parts, bytesSent: body.length, status: String(response.status) };
}

const rootSchema = z.object({
  cluster_name: z.string().optional(),
  version: z.object({ number: z.string(), distribution: z.string().optional() }),
});

async function askCluster(
  cluster: Cluster,
  { product, auth }: ElasticsearchConfig,
  strip: Strip,
  signal: AbortSignal,
): Promise<string> {
  const response = await cluster.call('GET', '/', undefined, signal);
  // Keys that may write to one stream and nothing else are not told about the cluster; Serverless has no such page.
  if (response.status === 403 || response.status === 404) return 'The cluster tells nothing of itself to this user.';
  if (!isSuccess(response)) {
    const failure = failureOf(response, strip);
    const skew = auth === 'aws' ? clockAdvice(response.headers) : undefined;
    throw skew === undefined ? failure : new PermanentError(failure.code, `${failure.message} ${skew.advice}`);
  }
  const root = readJson(response.body, rootSchema);
  if (root === null) return `The address answered ${response.status}.`;
  const found = root.version.distribution === 'opensearch' ? 'opensearch' : 'elasticsearch';
  if (found !== product) {
    const message = `The cluster is ${found} ${root.version.number}, the settings say ${product}.`;
    throw new PermanentError('destination_rejected', message, 'product');
  }
  return `The cluster is ${found} ${root.version.number}.`;
}

const PRIVILEGES = ['create_doc', 'auto_configure'];
const privilegesSchema = z.object({
  username: z.string().optional(),
  has_all_requested: z.boolean(),
  index: z.record(z.string(), z.record(z.string(), z.boolean())).optional(),
});

/** https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-security-has-privileges */
async function askPrivileges(
  cluster: Cluster,
  { product, data_stream: stream, auth }: ElasticsearchConfig,
  strip: Strip,
  signal: AbortSignal,
): Promise<string> {
  if (product === 'opensearch' || auth === 'none') return 'Permissions cannot be asked for here; the event will tell.';
  const body = { index: [{ names: [stream], privileges: PRIVILEGES }] };
  const response = await cluster.call('POST', '/_security/user/_has_privileges', body, signal);
  if (response.status === 400 || response.status === 404 || response.status === 405) {
    return 'The cluster has no security features; the event will tell.';
  }
  if (!isSuccess(response)) throw failureOf(response, strip);
  const answer = readJson(response.body, privilegesSchema);
  if (answer === null || answer.has_all_requested) return `Events may be created in ${stream}.`;
  const held = answer.index?.[stream] ?? {};
  const missing = PRIVILEGES.filter((privilege) => held[privilege] !== true);
  // Without auto_configure the stream only has to be there already, which the event will tell.
  if (!missing.includes('create_doc')) return `Events may be created in ${stream}, if it exists.`;
  const message = `The credentials lack ${missing.join(' and ')} for ${stream}.`;
  throw new PermanentError('destination_unauthorized', message, 'data_stream');
}

const CREDENTIALS: Record<ElasticsearchConfig['auth'], string> = {
  api_key: 'api_key',
  basic: 'password',
  aws: 'secret_access_key',
  none: 'auth',
};

function advise(
  { auth, data_stream: stream }: ElasticsearchConfig,
  error: Error & { code: string },
): Advice | undefined {
  const named = error instanceof PermanentError ? error.field : undefined;
  if (named === 'product') return { field: 'product', advice: 'Set `product` to what the cluster is.' };
  if (error.code !== 'destination_unauthorized') return undefined;
  if (named === 'setup') {
    return {
      field: 'setup',
      advice:
        'The credentials need manage_ilm and manage_index_templates (OpenSearch: its Index State Management plugin and permissions). Or create policy and template yourself, and take `setup` out.',
    };
  }
  if (named === 'data_stream') {
    return {
      field: 'data_stream',
      advice: `Give the credentials create_doc and auto_configure on ${stream}, and see that a template makes it a data stream (or use \`setup\`).`,
    };
  }
  return {
    field: named ?? CREDENTIALS[auth],
    advice: 'Check the credentials, and that `auth` is their kind; API keys are given encoded, as base64 of id:key.',
  };
}
