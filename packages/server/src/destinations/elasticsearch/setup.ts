import type { EgressResponse } from '../../runtime/egress/egress.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import { failureOf, isSuccess, type Strip } from '../util/answers.ts';
import type { ClusterCall } from './cluster.ts';
import type { ElasticsearchConfig } from './config.ts';

type Setup = NonNullable<ElasticsearchConfig['setup']>;

/**
 * Creates the lifecycle policy and the index template where there are none of their names. What exists is left as it is:
 * an operator may have changed it. What was made, in words.
 */
export async function setUp(
  call: ClusterCall,
  { product, data_stream: stream, setup }: ElasticsearchConfig,
  strip: Strip,
  signal: AbortSignal,
): Promise<string> {
  if (setup === undefined) return 'Nothing is to be set up.';
  const policy =
    product === 'elasticsearch'
      ? { path: `/_ilm/policy/${stream}`, body: ilmPolicy(setup) }
      : { path: `/_plugins/_ism/policies/${stream}`, body: ismPolicy(stream, setup) };
  const template = { path: `/_index_template/${stream}`, body: indexTemplate(product, stream, setup) };
  const made: string[] = [];
  for (const { path, body } of [policy, template]) {
    if (await createMissing(call, path, body, strip, signal)) made.push(path);
  }
  return made.length === 0 ? 'Policy and template exist already.' : `Created ${made.join(' and ')}.`;
}

async function createMissing(
  call: ClusterCall,
  path: string,
  body: unknown,
  strip: Strip,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await call('GET', path, undefined, signal);
  if (isSuccess(found)) return false;
  if (found.status !== 404) throw setupFailure(found, strip);
  const made = await call('PUT', path, body, signal);
  if (!isSuccess(made)) throw setupFailure(made, strip);
  return true;
}

/** No event is at fault for it: all of them wait until the setting is mended. */
function setupFailure(response: EgressResponse, strip: Strip): PermanentError | RetryableError {
  const failure = failureOf(response, strip);
  if (failure instanceof RetryableError || response.status === 401) return failure;
  return new PermanentError('destination_unauthorized', failure.message, 'setup');
}

/** https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-ilm-put-lifecycle */
function ilmPolicy({ retention_days: days, rollover_gb: gb, rollover_days: rolloverDays }: Setup): unknown {
  const rollover = { max_primary_shard_size: `${gb}gb`, max_age: `${Math.min(rolloverDays, days)}d` };
  return {
    policy: {
      phases: { hot: { actions: { rollover } }, delete: { min_age: `${days}d`, actions: { delete: {} } } },
    },
  };
}

/** https://docs.opensearch.org/latest/im-plugin/ism/policies/ */
function ismPolicy(
  stream: string,
  { retention_days: days, rollover_gb: gb, rollover_days: rolloverDays }: Setup,
): unknown {
  const rollover = { min_primary_shard_size: `${gb}gb`, min_index_age: `${Math.min(rolloverDays, days)}d` };
  return {
    policy: {
      description: 'Events of Tailwater',
      default_state: 'hot',
      states: [
        {
          name: 'hot',
          actions: [{ rollover }],
          transitions: [{ state_name: 'delete', conditions: { min_rollover_age: `${days}d` } }],
        },
        { name: 'delete', actions: [{ delete: {} }], transitions: [] },
      ],
      ism_template: [{ index_patterns: [stream], priority: 200 }],
    },
  };
}

/** Longer texts are kept, but found only by their words; Lucene's own limit is 32,766 bytes. */
const KEYWORD_UNITS_MAX = 1024;

/**
 * Attributes are one field of pairs, whatever their names and types: users' attributes would otherwise fill the mapping,
 * and one that is a number here and a text there would be refused.
 */
function indexTemplate(product: ElasticsearchConfig['product'], stream: string, { replicas }: Setup): unknown {
  const isElastic = product === 'elasticsearch';
  const keyword = { type: 'keyword', ignore_above: KEYWORD_UNITS_MAX };
  const pairs = isElastic ? { type: 'flattened', ignore_above: KEYWORD_UNITS_MAX * 4 } : { type: 'flat_object' };
  return {
    index_patterns: [stream],
    data_stream: {},
    // Above Elasticsearch's own template of logs-*-*, which has 100.
    priority: 500,
    template: {
      settings: {
        ...(isElastic && { 'index.lifecycle.name': stream }),
        'index.number_of_replicas': replicas,
        'index.mapping.ignore_malformed': true,
      },
      mappings: {
        dynamic_templates: [{ texts: { match_mapping_type: 'string', mapping: keyword } }],
        properties: {
          '@timestamp': { type: 'date_nanos', ignore_malformed: false },
          message: { type: 'text' },
          attributes: pairs,
          metadata: pairs,
          labels: pairs,
        },
      },
    },
    _meta: { description: 'Events of Tailwater' },
  };
}
