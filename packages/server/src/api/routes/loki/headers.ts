import type { IncomingHttpHeaders } from 'node:http';
import { PermanentError } from '../../../runtime/errors.ts';

/** What of a query's answer its headers ask: https://grafana.com/docs/loki/latest/reference/loki-http-api/ */
export interface AskedEncoding {
  categorizeLabels: boolean;
  partialSeries: boolean;
}

const DRILLDOWN = 'grafana-lokiexplore-app';

/** `partialSeries` is for Grafana's Logs Drilldown, which names itself in X-Query-Tags and shows warnings. */
export function askedEncoding(headers: IncomingHttpHeaders): AskedEncoding {
  const flags = String(headers['x-loki-response-encoding-flags'] ?? '').split(',');
  return {
    categorizeLabels: flags.some((flag) => flag.trim() === 'categorize-labels'),
    partialSeries: queryTags(String(headers['x-query-tags'] ?? '')).some(
      ([name, value]) => name === 'source' && value === DRILLDOWN,
    ),
  };
}

/** `k=v,k=v` in lower case. Characters that Loki takes none of are `_`; what is no pair is left out. */
function queryTags(text: string): (readonly [name: string, value: string])[] {
  const tags = text
    .toLowerCase()
    .replace(/[^a-z0-9\-=.@, ]+/g, '_')
    .split(',')
    .map((tag) => tag.split('=').filter((part) => part !== ''));
  return tags.filter((parts) => parts.length === 2) as unknown as [string, string][];
}

/** @throws PermanentError `invalid_parameter` for `a|b`: queries are of one org. */
export function checkOneOrg(headers: IncomingHttpHeaders): void {
  if (!String(headers['x-scope-orgid'] ?? '').includes('|')) return;
  throw new PermanentError('invalid_parameter', 'multiple org IDs present', 'X-Scope-OrgID');
}
