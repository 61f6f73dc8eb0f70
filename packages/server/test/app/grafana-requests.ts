import { get, type LokiServer } from '../support/loki/http-client.ts';

/** What Grafana sends, as its Loki data source and Logs Drilldown send it; and how the tests read the answers. */
export interface Got {
  status: number;
  headers: Headers;
  text: string;
  json: () => Body;
}

/** Members that answers of Loki's API have. */
export interface Body {
  status: string;
  data: { resultType: string; result: Series[] } & string[] & Record<string, string>[] & Pattern[];
  detectedLabels: { label: string; cardinality: number }[];
  fields: { label: string; type: string; cardinality: number; parsers: string[] | null; jsonPath?: string[] }[];
  values: string[];
  limit: number;
  limits: Record<string, unknown>;
  version: string;
}

export interface Series {
  stream: Record<string, string>;
  metric: Record<string, string>;
  value: [number, string];
  values: [string, string, { structuredMetadata?: Record<string, string>; parsed?: Record<string, string> }][];
}

interface Pattern {
  pattern: string;
  level?: string;
  samples: [number, number][];
}

export type Ask = (
  path: string,
  parameters: Record<string, string | number | bigint>,
  headers?: Record<string, string>,
) => Promise<Got>;

/** Asks with GET, below `/loki/api/v1/`. */
export function asker(server: LokiServer): Ask {
  return async (path, parameters, headers = {}) => {
    const answer = await get(server, `/loki/api/v1/${path}`, parameters, headers);
    return { ...answer, json: () => JSON.parse(answer.text) as Body };
  };
}

/** Sent with every query by the data source's backend. */
export const CATEGORIZE = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };

/** Members of an object in the order in which they stand in the text: Grafana reads answers as a stream. */
export function memberOrder(text: string, names: readonly string[]): string[] {
  return names
    .filter((name) => text.includes(`"${name}":`))
    .toSorted((a, b) => text.indexOf(`"${a}":`) - text.indexOf(`"${b}":`));
}
