import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';

const DIRECTORY = join(import.meta.dirname, '../../../../deploy/grafana');

export interface Target {
  refId: string;
  datasource: { type: string; uid: string };
  expr: string;
  queryType: 'range' | 'instant';
  direction?: string;
  maxLines?: number;
}

export interface Panel {
  id: number;
  title: string;
  type: string;
  datasource: { type: string; uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  targets: Target[];
}

export interface Variable {
  name: string;
  type: 'query' | 'textbox';
  datasource?: { type: string; uid: string };
  query: string | { type: number; label: string; stream: string };
  allValue?: string;
}

export interface Dashboard {
  uid: string;
  schemaVersion: number;
  panels: Panel[];
  templating: { list: Variable[] };
}

/** The text of a file of deploy/grafana. */
export function grafanaFile(path: string): string {
  return readFileSync(join(DIRECTORY, path), 'utf8');
}

/** What a YAML file of deploy/grafana holds. */
export function grafanaYaml(path: string): unknown {
  return parseYaml(grafanaFile(path));
}

export function readDashboard(): Dashboard {
  return JSON.parse(grafanaFile('dashboards/tailwater.json')) as Dashboard;
}

/** What Grafana's own variables stand for in a query. https://grafana.com/docs/grafana/latest/datasources/loki/template-variables/ */
export const BUILT_IN: Readonly<Record<string, string>> = {
  __auto: '1m',
  __interval: '1m',
  __interval_ms: '60000',
  __range: '1h',
  __range_s: '3600',
  __range_ms: '3600000',
};

/** The query as Grafana sends it. Throws on a variable that is neither Grafana's nor in `values`. */
export function interpolate(expr: string, values: Readonly<Record<string, string>>): string {
  const known = new Map(Object.entries({ ...BUILT_IN, ...values }));
  return expr.replace(/\$(?:\{(\w+)(?::\w+)?\}|(\w+))/g, (written, braced?: string, plain?: string) => {
    const value = known.get(braced ?? plain!);
    if (value === undefined) throw new Error(`${written} in ${expr} is no variable`);
    return value;
  });
}
