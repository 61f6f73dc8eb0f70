import { z } from 'zod';
import { logqlSettingsOf } from '../../../control/logql-settings.ts';
import { type Answer, defineRoute } from '../../route.ts';
import { instantRequest, rangeRequest } from '../loki/parameters/requests.ts';

const text = z.string().optional();

export const explainQuery = defineRoute({
  method: 'GET',
  path: '/api/query/explain',
  scope: 'query',
  resource: null,
  summary: 'What of a LogQL query the store does, and what it reads for that',
  query: z.strictObject({
    query: z.string().meta({ description: 'LogQL.' }),
    start: text.meta({ description: 'As in Loki’s query_range: docs/reference/loki-api.md.' }),
    end: text,
    since: text,
    step: text,
    limit: text,
    direction: text,
    time: text.meta({ description: 'Makes it an instant query at this time.' }),
  }),
  answers: { 200: 'The plan as JSON: docs/reference/logql.md' },
  async handle({ deps, identity, query, signal, nowMs }): Promise<Answer> {
    const { orgId } = identity;
    const settings = await logqlSettingsOf(deps.orgs, orgId);
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const form = new URLSearchParams(Object.fromEntries(given) as Record<string, string>);
    const nowNs = BigInt(nowMs) * 1_000_000n;
    const asked = query.time === undefined ? rangeAsked(form, nowNs) : instantAsked(form, nowNs);
    const bytes = await deps.logql.run({ kind: 'explain', orgId, settings, ...asked }, signal);
    return { kind: 'bytes', status: 200, contentType: 'application/json; charset=utf-8', bytes };
  },
});

function rangeAsked(form: URLSearchParams, nowNs: bigint) {
  const { intervalMs: _, ...asked } = rangeRequest(form, nowNs);
  return { ...asked, instant: false };
}

function instantAsked(form: URLSearchParams, nowNs: bigint) {
  const { timeNs, ...asked } = instantRequest(form, nowNs);
  return { ...asked, startNs: timeNs, endNs: timeNs, stepMs: 0, instant: true };
}
