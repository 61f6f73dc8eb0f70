import { stringify } from 'yaml';
import type { LogqlSettings } from '../../../query/logql/tasks.ts';
import { formatPrometheusDuration } from '../../../query/logql/values/index.ts';
import { lokiJson } from './answers.ts';
import { defineLokiRoutes } from './route.ts';

/** Clients switch on what a Loki of this version can do: structured metadata, patterns, Drilldown's resources. */
export const LOKI_VERSION = '3.6.0';

/** The limits that clients look at, by Loki's names: https://grafana.com/docs/loki/latest/configure/#limits_config */
function limitsOf(settings: LogqlSettings) {
  return {
    discover_log_levels: true,
    discover_service_name: settings.discoverServiceName ? ['service'] : [],
    log_level_fields: ['level', 'severity'],
    max_entries_limit_per_query: settings.entriesMax,
    max_line_size_truncate: false,
    max_query_bytes_read: '0B',
    max_query_length: formatPrometheusDuration(settings.queryLengthMaxMs),
    max_query_lookback: '0s',
    max_query_range: '0s',
    max_query_series: settings.seriesMax,
    metric_aggregation_enabled: false,
    otlp_config: {},
    pattern_persistence_enabled: false,
    query_timeout: formatPrometheusDuration(settings.queryTimeoutMs),
    retention_period: '0s',
    volume_enabled: true,
    volume_max_series: settings.volumeSeriesMax,
  };
}

const drilldownLimits = defineLokiRoutes({
  methods: ['GET'],
  paths: ['/loki/api/v1/drilldown-limits'],
  summary: 'Limits of the org, for Grafana’s Logs Drilldown',
  parameters: [],
  handle: ({ settings }) =>
    lokiJson({ limits: limitsOf(settings), pattern_ingester_enabled: true, version: LOKI_VERSION }),
});

const tenantLimits = defineLokiRoutes({
  methods: ['GET'],
  paths: ['/config/tenant/v1/limits'],
  summary: 'Limits of the org, as YAML',
  parameters: [],
  handle: ({ settings }) => ({
    kind: 'text',
    status: 200,
    contentType: 'text/plain; charset=utf-8',
    text: stringify(limitsOf(settings)),
  }),
});

export const limitRoutes = [...drilldownLimits, ...tenantLimits];
