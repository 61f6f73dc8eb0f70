import { z } from 'zod';
import type { SecretField } from '../destination.ts';
import { AWS_SECRETS, awsFields, checkAws } from '../util/aws-config.ts';
import { type Environment, firstSet, givenOnly, givenSecrets } from '../util/environment.ts';
import { connectionFields, httpUrl } from '../util/http.ts';
import { payloadMappingSchema } from '../util/payload.ts';

const { ca: _ca, proxy: _proxy, ...awsOnly } = awsFields;

export const elasticsearchConfig = z.strictObject({
  url: httpUrl.meta({ description: 'Address of the cluster, such as https://es.example:9200; it may have a path.' }),
  product: z
    .enum(['elasticsearch', 'opensearch'])
    .default('elasticsearch')
    .meta({ description: 'They differ in how lifecycles are set up and permissions asked for.' }),
  data_stream: z
    .string()
    .regex(
      /^(?![-_+.])[a-z0-9][^A-Z\\/*?"<>| ,#:]{0,99}$/,
      'a name of a data stream: lower case, none of \\/*?"<>| ,#:',
    )
    .default('logs-tailwater-default')
    .meta({ description: 'Data stream (or index) that events are created in: logs-DATASET-NAMESPACE.' }),
  document_ids: z.boolean().default(true).meta({
    description:
      'Event ids as document ids, so that nothing is there twice. Off for time series collections of OpenSearch Serverless, which take none.',
  }),
  auth: z
    .enum(['api_key', 'basic', 'aws', 'none'])
    .default('api_key')
    .meta({ description: 'An API key, user and password, or a signature of AWS.' }),
  username: z.string().max(256).default('elastic').meta({ description: 'User of `basic`.' }),
  aws: z
    .strictObject(awsOnly)
    .superRefine(checkAws)
    .optional()
    .meta({ description: 'For `aws`: region and credentials of Amazon OpenSearch.' }),
  aws_service: z
    .enum(['es', 'aoss'])
    .default('es')
    .meta({ description: '`es`: Amazon OpenSearch Service; `aoss`: OpenSearch Serverless.' }),
  setup: z
    .strictObject({
      retention_days: z
        .int()
        .min(1)
        .max(36_500)
        .default(30)
        .meta({ description: 'Backing indexes are deleted after.' }),
      rollover_gb: z
        .int()
        .min(1)
        .max(500)
        .default(50)
        .meta({ description: 'A new backing index at this size of a shard.' }),
      rollover_days: z
        .int()
        .min(1)
        .max(3650)
        .default(30)
        .meta({ description: 'A new backing index after so many days.' }),
      replicas: z.int().min(0).max(10).default(1).meta({ description: 'Copies of each shard.' }),
    })
    .optional()
    .meta({
      description:
        'Creates the lifecycle policy and the index template of the data stream before the first events, where there are none of that name. What exists is left as it is.',
    }),
  payload: payloadMappingSchema('ecs'),
  ...connectionFields,
});
export type ElasticsearchConfig = z.output<typeof elasticsearchConfig>;

export const ELASTICSEARCH_SECRETS: readonly SecretField[] = [
  {
    name: 'api_key',
    title: 'API key',
    description: 'Encoded, as Kibana shows it (base64 of id:key). Privileges: create_doc and auto_configure.',
    required: false,
  },
  { name: 'password', title: 'Password', description: 'For `basic`.', required: false },
  ...AWS_SECRETS,
];

/** ELASTICSEARCH_… or OPENSEARCH_…, the names that official images and clients use. */
export function elasticsearchFromEnvironment(environment: Environment) {
  const product = firstSet(environment, 'ELASTICSEARCH_URL') === undefined ? 'opensearch' : 'elasticsearch';
  const prefix = product.toUpperCase();
  const of = (name: string) => firstSet(environment, `${prefix}_${name}`);
  const given = URL.parse(of('URL') ?? '');
  if (given === null) return null;
  const [apiKey, password] = [of('API_KEY'), of('PASSWORD') ?? (decodeURIComponent(given.password) || undefined)];
  const username = of('USERNAME') ?? (decodeURIComponent(given.username) || undefined);
  [given.username, given.password] = ['', ''];
  const auth = apiKey !== undefined ? 'api_key' : password !== undefined ? 'basic' : 'none';
  const members = { url: given.href, product, auth, username, data_stream: of('DATA_STREAM') };
  return {
    config: elasticsearchConfig.parse(givenOnly(members)),
    secrets: givenSecrets({ api_key: apiKey, password }),
  };
}
