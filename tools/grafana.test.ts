import { parseQuery } from '@tailwater/schema/logql';
import { expect, test } from 'vitest';
import {
  grafanaFile,
  grafanaYaml,
  interpolate,
  type Panel,
  readDashboard,
} from '../packages/server/test/support/grafana.ts';

/** What of deploy/grafana can be wrong without a Grafana at hand: queries, names that must be the same, references. */
interface DataSource {
  uid: string;
  type: string;
  url: string;
  jsonData: Record<string, string> & { derivedFields: { matcherType: string; matcherRegex: string; url: string }[] };
  secureJsonData: Record<string, string>;
}

const { datasources } = grafanaYaml('provisioning/datasources/tailwater.yaml') as {
  datasources: [DataSource];
};
const [source] = datasources;
const { providers } = grafanaYaml('provisioning/dashboards/tailwater.yaml') as {
  providers: [{ type: string; options: { path: string } }];
};
const { services } = grafanaYaml('compose.yaml') as {
  services: { grafana: { image: string; environment: Record<string, string>; volumes: string[] } };
};
const dashboard = readDashboard();
const variables = dashboard.templating.list;
/** As Grafana has them after it opened the dashboard: everything, and no trace. */
const FIRST = Object.fromEntries(variables.map(({ name, allValue }) => [name, allValue ?? '']));
const targets = dashboard.panels.flatMap((panel) =>
  panel.targets.map((target) => [panel.title, panel, target] as const),
);

test('there is a panel for each question', () => {
  expect(dashboard.panels.map(({ title }) => title)).toEqual([
    'Events by severity',
    'Busiest services',
    'Errors by log type',
    'p95 duration by service',
    'Top error messages',
    'Recent errors',
    'One trace',
  ]);
});

test.each(targets)('%s: the query parses, whatever is chosen', (_, panel, { expr, queryType }) => {
  const chosen = {
    service: '(shop|pay-1\\\\.2)',
    severity: '(warn|error)',
    trace_id: 'a0f81bfd3b4688fdbb096b93da06f28e',
  };
  for (const values of [FIRST, chosen]) {
    const parsed = parseQuery(interpolate(expr, values));
    expect(parsed.kind === 'log').toBe(panel.type === 'logs');
    expect(parsed.kind === 'log' && queryType === 'instant').toBe(false);
  }
});

test('a variable that is not there is refused', () => {
  expect(() => interpolate('{a="$other"}', FIRST)).toThrow('$other');
  expect(() => interpolate(`{a="$${'{service:regex}'}"} |= "$severity"`, FIRST)).not.toThrow();
});

test('every variable is used', () => {
  const queries = targets.map(([, , { expr }]) => expr).join('\n');
  expect(variables.map(({ name }) => name).filter((name) => !queries.includes(`$${name}`))).toEqual([]);
});

test('everything asks the one data source', () => {
  const asked = [
    ...dashboard.panels.map(({ datasource }) => datasource),
    ...targets.map(([, , { datasource }]) => datasource),
    ...variables.flatMap(({ datasource }) => datasource ?? []),
  ];
  expect(new Set(asked.map(({ type, uid }) => `${type} ${uid}`))).toEqual(new Set([`${source.type} ${source.uid}`]));
});

test('panels have ids of their own and do not lie on each other', () => {
  const { panels } = dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(cellsOf);
  expect(new Set(cells).size).toBe(cells.length);
  expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
});

function cellsOf({ gridPos: { x, y, w, h } }: Panel): string[] {
  return Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`);
}

test('severities have their colours', () => {
  const [panel] = (JSON.parse(grafanaFile('dashboards/tailwater.json')) as { panels: [{ fieldConfig: unknown }] })
    .panels;
  const { overrides } = panel.fieldConfig as {
    overrides: { matcher: { options: string }; properties: [{ value: { fixedColor: string } }] }[];
  };
  const colors = overrides.map(({ matcher, properties }) => [matcher.options, properties[0].value.fixedColor]);
  expect(Object.fromEntries(colors)).toEqual({
    debug: '#8e8e8e',
    info: 'blue',
    warn: '#FFBF00',
    error: 'red',
    critical: 'purple',
  });
});

test('links of a trace go to Explore and to the dashboard', () => {
  const value = 'a0f81bfd3b4688fdbb096b93da06f28e';
  const links = source.jsonData.derivedFields.map((field) => {
    expect(field.matcherType).toBe('label');
    expect(new RegExp(field.matcherRegex.replaceAll('$$', '$')).test('trace_id')).toBe(true);
    return new URL(field.url.replace('$${__value.raw}', value), 'http://grafana.test');
  });
  const panes = JSON.parse(links[0]!.searchParams.get('panes')!) as Record<
    string,
    { datasource: string; queries: [{ expr: string }] }
  >;
  expect(panes.trace!.datasource).toBe(source.uid);
  expect(parseQuery(panes.trace!.queries[0].expr)).toMatchObject({ selector: [{ name: 'trace_id', value }] });
  expect(links[1]!.pathname).toBe(`/d/${dashboard.uid}`);
  expect(variables.map(({ name }) => `var-${name}`)).toContain([...links[1]!.searchParams.keys()][0]);
});

test('what the data source takes from the environment is given to the container', () => {
  const given = services.grafana.environment;
  const taken = [source.url, ...Object.values(source.jsonData), ...Object.values(source.secureJsonData)]
    .filter((value): value is string => typeof value === 'string' && value.startsWith('$'))
    .map((value) => value.slice(1));
  expect(taken.sort()).toEqual(['GRAFANA_KEY_HEADER', 'TAILWATER_API_KEY', 'TAILWATER_URL']);
  expect(taken.filter((name) => !Object.hasOwn(given, name))).toEqual([]);
  expect(Object.keys(source.secureJsonData)).toEqual(['httpHeaderValue1']);
});

test('the container is pinned and sees the files where they are looked for', () => {
  const { image, volumes } = services.grafana;
  expect(image).toMatch(/^grafana\/grafana:\d+\.\d+\.\d+$/);
  expect(volumes).toEqual(
    expect.arrayContaining([
      './provisioning:/etc/grafana/provisioning:ro',
      `./dashboards:${providers[0].options.path}:ro`,
    ]),
  );
});
