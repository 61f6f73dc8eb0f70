import { answerOf, api, apiFetch } from '../../../api/client.ts';
import { chosenOrg } from '../../../api/org.ts';
import { queryClient } from '../../../api/query-client.ts';
import { stringifySearch } from '../../../app/search-params.ts';
import { resolveRange, type TimeRange } from '../../../lib/time.ts';
import { listFields } from '../fields/field-list.ts';
import { questionParams } from '../query/api-question.ts';
import { labelName } from './from-search.ts';

const STALE_MS = 60_000;

/** Loki's labels of the range, by the name of the field behind each, or null where it is Loki's own. */
async function askLabels(range: TimeRange): Promise<ReadonlyMap<string, string | null>> {
  const [labels, fields] = await Promise.all([
    ask<string[]>('/loki/api/v1/labels', range),
    answerOf(api.GET('/api/logs/fields', { params: { query: questionParams({ range }) } })),
  ]);
  const known = new Map<string, string | null>(labels.map((name) => [name, null]));
  for (const { term } of listFields(fields)) {
    const name = labelName(term);
    if (!known.has(name)) known.set(name, term);
  }
  return known;
}

async function ask<T>(path: string, range: TimeRange): Promise<T> {
  const { fromMs, toMs } = resolveRange(range, Date.now());
  const response = await apiFetch(`${path}${stringifySearch({ start: `${fromMs}000000`, end: `${toMs}000000` })}`);
  return ((await response.json()) as { data: T }).data;
}

export const knownLabels = (range: TimeRange): Promise<ReadonlyMap<string, string | null>> =>
  queryClient.fetchQuery({
    queryKey: ['logql-labels', chosenOrg(), range.from, range.to],
    queryFn: () => askLabels(range),
    staleTime: STALE_MS,
  });

/** Values of a label: Loki's, or of the attribute that it stands for. */
export const knownValues = (label: string, range: TimeRange): Promise<string[]> =>
  queryClient.fetchQuery({
    queryKey: ['logql-values', chosenOrg(), label, range.from, range.to],
    queryFn: () => askValues(label, range),
    staleTime: STALE_MS,
  });

async function askValues(label: string, range: TimeRange): Promise<string[]> {
  const name = (await knownLabels(range)).get(label);
  if (typeof name !== 'string') return ask<string[]>(`/loki/api/v1/label/${encodeURIComponent(label)}/values`, range);
  const params = { path: { name }, query: { ...questionParams({ range }), limit: '200' } };
  const { values } = await answerOf(api.GET('/api/logs/fields/{name}/values', { params }));
  return values.map(({ value }) => value).filter((value) => value !== '');
}
