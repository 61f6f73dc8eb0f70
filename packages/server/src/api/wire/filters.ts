import { z } from 'zod';
import { type EventFilters, type NamedComparison, parseNamedComparison } from '../../query/filters.ts';
import { TEXT_COLUMNS, type TextColumn } from '../../query/plan.ts';
import { COMPARISON_PARAMETERS, type RawComparison } from '../query-string.ts';

/** Values of one repeated parameter: more is a list to keep on the caller's side. */
const VALUES_MAX = 100;

const DESCRIPTIONS: Record<TextColumn, string> = {
  log_type: 'gateway, auth, agent, kb, admin, deployment, billing, compliance, app or any other.',
  event_type: 'request, login_failed, agent_start, …',
  service: 'Service that logged.',
  host: 'Host that it ran on.',
  logger: 'Logger or instrumentation scope.',
  user_id: 'User that acted.',
  resource_id: 'Thing that was acted on.',
  resource_type: 'Kind of that thing.',
  action: 'What was done.',
  trace_id: 'Trace id as it was sent; OpenTelemetry writes lower-case hex.',
  span_id: 'Span id as it was sent.',
  request_id: 'Request id.',
  receiver: 'Protocol that the event came in by: ndjson, otlp, loki, …',
  client_event_id: 'Id that the sender gave the event.',
};

const repeatable = (description: string) =>
  z
    .union([z.string(), z.array(z.string()).max(VALUES_MAX)])
    .transform((value) => (typeof value === 'string' ? [value] : value))
    .optional()
    .meta({ description });

const comparisons = (description: string) =>
  z.custom<readonly RawComparison[]>(Array.isArray).optional().meta({ type: 'string', description });

const textParameters = Object.fromEntries(
  TEXT_COLUMNS.map((column) => [column, repeatable(`${DESCRIPTIONS[column]} Exact; repeat it for any of several.`)]),
) as Record<TextColumn, ReturnType<typeof repeatable>>;

/** Every filter, by parameter. docs/reference/search.md explains them. */
export const filterParameters = {
  q: z.string().optional().meta({ description: 'Search text: words, "a phrase", -not, field:value.' }),
  severity: repeatable(
    'debug, info, warn, error or critical; or an OpenTelemetry number. Repeat it for any of several.',
  ),
  min_severity: z.string().optional().meta({ description: 'This severity or a graver one.' }),
  ...textParameters,
  'attr.*': comparisons('`attr.NAME=value`, `!=`, `>`, `>=`, `<`, `<=`: compares the attribute NAME.'),
  'label.*': comparisons('`label.NAME=value` or `!=`: compares the label NAME.'),
  duration_ms: comparisons('`duration_ms>=100`, with any comparison.'),
  cost: comparisons('`cost>0.01`, with any comparison.'),
};

export const rangeParameters = {
  from: z.string().optional().meta({
    description:
      'Start, inclusive: ISO 8601, an epoch in s, ms, µs or ns, or relative (`-15m`, `now-1h`). Default -24h.',
  }),
  to: z.string().optional().meta({ description: 'End, exclusive, in the same forms. Default: no end.' }),
};

type FilterValues = z.output<z.ZodObject<typeof filterParameters>>;

/** The filters of checked parameters. @throws PermanentError `invalid_parameter` */
export function filtersOf(query: FilterValues): EventFilters {
  const comparisons = COMPARISON_PARAMETERS.flatMap((name) => query[name] ?? [])
    .map(([key, value]) => parseNamedComparison(key, value))
    .filter((item): item is NamedComparison => item !== null);
  return { ...query, comparisons };
}
