/** A query of the corpus. `ask` is how it is asked: as Grafana asks logs, an instant value, or a range. */
export interface CorpusQuery {
  topic: string;
  query: string;
  ask: 'logs' | 'instant' | 'range';
}

/** Log queries that Explore, Drilldown, dashboards and people send. */
const LOGS: Record<string, readonly string[]> = {
  selectors: [
    '{app="api"}',
    '{app=~".+"}',
    '{app=~"api|worker", env!="dev"}',
    '{app="api", pod=~"api-[01]"}',
    '{app!~"api|text", env="prod"}',
    '{env="prod", team=""}',
    '{app="none"}',
  ],
  'line filters': [
    '{app="text"} |= "ERROR"',
    '{app="text"} != "INFO" |= "timeout"',
    '{app="text"} |~ "(?i)error"',
    '{app="text"} |~ "(?i)(?i)warn"',
    '{app="text"} !~ "INFO|warn"',
    '{app="text"} |= "käse" or "日本語"',
    '{app="text"} |~ "after [0-9]{2} ms"',
    '{app="text"} |~ `ms$`',
    '{app="text"} |~ "ms.at"',
    '{app="text"} |= ip("192.168.0.0/16")',
    '{app="text"} |= ip("192.168.1.0-192.168.1.99")',
    '{app="text"} |= ip("2001:db8::/64")',
    '{app="text"} != ip("192.168.0.0/16")',
    '{app="nginx"} |> "<_> \\"GET <_>"',
    '{app="nginx"} |> "<_> 500 <_>"',
    '{app="nginx"} !> "<_>\\"GET /health <_>"',
    '{app="nginx"} |= "POST" or "DELETE" != "404"',
    '{app="nginx"} |= ip("10.0.1.0/24")',
    '{app=~".+"} |= "panic"',
    '{app="text"} | decolorize',
  ],
  json: [
    '{app="api"} | json',
    '{app="broken"} | json',
    '{app="broken"} | json | __error__=""',
    '{app="broken"} | json | __error__!=""',
    '{app="broken"} | json | drop __error__, __error_details__',
    '{app="api"} | json | status >= 500',
    '{app="api"} | json | status >= 500 or method="DELETE"',
    '{app="api"} | json | duration > 1s',
    '{app="api"} | json | duration > 1s and status=200',
    '{app="api"} | json | size > 2KB',
    '{app="api"} | json | latency < 0.1',
    '{app="api"} | json | ok="true"',
    '{app="api"} | json | user_id=~"u[12]"',
    '{app="api"} | json | user_address_ip = ip("10.0.1.0/24")',
    '{app="api"} | json | user_address_ip != ip("10.0.1.0/24")',
    '{app="api"} | json | msg > 5',
    '{app="api"} | json | level="error"',
    '{app="api"} | json | level_extracted="error"',
    '{app="api"} | json id="user.id", tag="user.tags[0]"',
    '{app="api"} | json addr="user.address"',
    '{app="api"} | json nope="a.b.c", status',
    '{app="api"} | json t="[\\"trace.id\\"]"',
    '{app="broken"} | json status="status"',
    '{app="worker"} | json',
    '{app="api"} | json | keep status, method',
    '{app="api"} | json | drop pod, status="200"',
    '{app="api"} | json | line_format "{{.method}} {{.path}} {{.status}}"',
    '{app="api"} | json | line_format "{{.user_id | upper}} {{ .duration | duration }}"',
    '{app="api"} | json | label_format code=status, verb="{{.method | lower}}"',
    '{app="api"} | json | label_format status="{{ div .status 100 }}xx"',
    '{app="api"} | json | line_format "{{ if gt (int .status) 399 }}bad{{ else }}good{{ end }}"',
    '{app="api"} | json | logfmt | drop __error__, __error_details__',
  ],
  logfmt: [
    '{app="worker"} | logfmt',
    '{app="worker"} | logfmt --strict',
    '{app="worker"} | logfmt --keep-empty',
    '{app="worker"} | logfmt level, n="attempts"',
    '{app="worker"} | logfmt nope="absent"',
    '{app="worker"} | logfmt | attempts > 1',
    '{app="worker"} | logfmt | duration >= 2s',
    '{app="worker"} | logfmt | size < 5KiB',
    '{app="worker"} | logfmt | queue=""',
    '{app="worker"} | logfmt | queue!=""',
    '{app="worker"} | logfmt | level=~"warn|error" | line_format "{{.msg}}"',
    '{app="text"} | logfmt',
    '{app="text"} | logfmt --strict',
    '{app="api"} | logfmt',
  ],
  'text parsers': [
    '{app="nginx"} | pattern "<ip> - <user> [<_>] \\"<method> <path> <_>\\" <status> <size>"',
    '{app="nginx"} | pattern "<ip> <_> \\"<method> <_>\\" <status> <_>" | status >= 500',
    '{app="nginx"} | pattern "<ip> - <_>"',
    '{app="nginx"} | regexp `"(?P<method>\\w+) (?P<path>\\S+)[^"]*" (?P<status>\\d{3})`',
    '{app="nginx"} | regexp `(?P<ip>\\d+\\.\\d+\\.\\d+\\.\\d+)` | ip = ip("10.0.2.0/24")',
    '{app="text"} | regexp `(?P<n>^\\d+) (?P<lvl>\\w+)` | n > 100',
    '{app="packed"} | unpack',
    '{app="packed"} | unpack | logfmt',
    '{app="packed"} | unpack |= "timeout"',
    '{app="packed"} | unpack | pod="p1"',
    '{app="worker"} | unpack',
  ],
  metadata: [
    '{app="meta"}',
    '{app="meta"} | tenant="t1"',
    '{app="meta"} | took > 1s',
    '{app="meta"} | cost > 5',
    '{app="meta"} | cost=""',
    '{app="meta"} | user_id="user-1" | trace_id=~"[0-7].*"',
    '{app="meta"} | logfmt',
    '{app="meta"} | logfmt | value > 50',
    '{app="meta"} | app_extracted="clash"',
    '{app="meta"} | keep tenant',
    '{app="meta"} | drop trace_id, user_id',
    '{app="meta"} | label_format who="{{.user_id}}-{{.tenant}}"',
    '{app="meta"} | line_format "{{.tenant}}: {{ __line__ }}"',
  ],
  asked: [
    '{app="agno-knowledge"} |= "error"',
    '{app="agno-knowledge", user_id="user-123"}',
    '{app="agno-knowledge"} | json | duration > 1000',
  ],
};

const RANGES = ['1m', '5m', '17m'];
const UNWRAPPED = ['sum', 'avg', 'min', 'max', 'stddev', 'stdvar', 'first', 'last'];

/** Metric queries; `$R` is each of the ranges. */
const METRICS: Record<string, readonly string[]> = {
  counts: [
    'count_over_time({app="api"}[$R])',
    'rate({app=~"api|worker"}[$R])',
    'bytes_over_time({app="text"}[$R])',
    'bytes_rate({app="text"} |= "ERROR" [$R])',
    'sum(count_over_time({app=~".+"}[$R]))',
    'sum by (app) (rate({app=~".+"}[$R]))',
    'sum by (app, env) (bytes_rate({app=~".+"}[$R]))',
    'sum without (pod) (count_over_time({app="api"}[$R]))',
    'sum by (level) (count_over_time({app="api"} | json [$R]))',
    'sum by (level_extracted, status) (count_over_time({app="api"} | json [$R]))',
    'sum by (level, detected_level) (count_over_time({app="worker"} | logfmt | drop __error__[$R]))',
    'sum by (level, detected_level) (count_over_time({app="broken"} | json | drop __error__[$R]))',
    'sum by (status) (rate({app="nginx"} | pattern `<_> "<_>" <status> <_>` [$R]))',
    'sum by (tenant) (count_over_time({app="meta"}[$R]))',
    'sum by (user_id) (count_over_time({app="meta"} |= "error" [$R]))',
    'sum(count_over_time({app="agno-knowledge"} |= "error" [$R])) by (user_id)',
    'count_over_time({app="broken"} | json [$R])',
    'sum(count_over_time({app="broken"} | json [$R]))',
    'sum by (status) (count_over_time({app="broken"} | json | __error__="" [$R]))',
    'sum by (__error__) (count_over_time({app="broken"} | json [$R]))',
    'sum by (method) (count_over_time({app="api"} | json | status >= 500 [$R]))',
    'count_over_time({app="worker"}[$R] offset 7m)',
    'absent_over_time({app="none", env="prod"}[$R])',
    'absent_over_time({app="text"} |= "panic" [$R])',
    'sum by (pod) (count_over_time({app="packed"} | unpack [$R]))',
    'sum by (queue) (count_over_time({app="worker"} | logfmt --keep-empty [$R]))',
  ],
  unwrap: [
    ...UNWRAPPED.map((op) =>
      `${op}_over_time({app="worker"} | logfmt | unwrap latency [$R])`.replace(/latency/, 'attempts'),
    ),
    ...UNWRAPPED.filter((op) => op !== 'sum').map(
      (op) => `${op}_over_time({app="api"} | json | unwrap latency [$R]) by (app)`,
    ),
    'sum by (app) (sum_over_time({app=~"api|broken"} | json | __error__="" | unwrap latency [$R]))',
    'quantile_over_time(0.95, {app="api"} | json | unwrap duration(duration) [$R]) by (env)',
    'quantile_over_time(0.5, {app="worker"} | logfmt | unwrap duration_seconds(duration) | __error__="" [$R]) by (team)',
    'quantile_over_time(0.95, {service_name=~".+"} | json | unwrap duration_ms [$R]) by (service_name)',
    'sum(sum_over_time({app="worker"} | logfmt | unwrap bytes(size) [$R]))',
    'max_over_time({app="meta"} | unwrap cost [$R]) by (tenant)',
    'avg_over_time({app="meta"} | unwrap duration(took) | __error__="" [$R]) by ()',
    'rate({app="worker"} | logfmt | unwrap latency [$R])',
    'sum(rate({app="worker"} | logfmt | unwrap latency [$R])) by (team)',
    'sum by (path) (sum_over_time({app="api"} | json | unwrap latency [$R]))',
    'min_over_time({app="api"} | json | unwrap status [$R]) without (pod)',
    'max_over_time({app="nginx"} | pattern `<_> "<_>" <_> <size>` | unwrap size [$R]) by (env)',
    'sum_over_time({app="api"} | json | unwrap msg [$R])',
  ],
  vectors: [
    'avg(count_over_time({app=~".+"}[$R]))',
    'min by (app) (count_over_time({app=~".+"}[$R]))',
    'max by (env) (count_over_time({app=~".+"}[$R]))',
    'count by (app) (count_over_time({app=~".+"}[$R]))',
    'stddev(count_over_time({app=~".+"} |= "e" [$R]))',
    'stdvar by (env) (count_over_time({app=~".+"} |= "e" [$R]))',
    'topk(2, sum by (app) (bytes_over_time({app=~".+"}[$R])))',
    'bottomk(2, sum by (app) (bytes_over_time({app=~".+"}[$R])))',
    'topk by (env) (1, sum by (app, env) (bytes_over_time({app=~".+"}[$R])))',
    'sum(rate({app="api"} | json | status >= 500 [$R])) / sum(rate({app="api"}[$R]))',
    'sum by (app) (count_over_time({app=~"api|worker"} |= "error" [$R])) / sum by (app) (count_over_time({app=~"api|worker"}[$R])) * 100',
    'count_over_time({app="worker"}[$R]) > 5',
    'count_over_time({app="worker"}[$R]) > bool 20',
    'sum by (app) (count_over_time({app=~".+"}[$R])) > 3 < 100',
    'sum by (app) (count_over_time({app=~"api|text"}[$R])) or sum by (app) (count_over_time({app="worker"}[$R]))',
    'sum by (app) (count_over_time({env="prod"}[$R])) and sum by (app) (count_over_time({env="dev"}[$R]))',
    'sum by (app) (count_over_time({env="prod"}[$R])) unless sum by (app) (count_over_time({env="dev"}[$R]))',
    'count_over_time({app="api"}[$R]) / on(app) group_left sum by (app) (count_over_time({app="api"}[$R]))',
    'sum by (app, env) (count_over_time({app="worker"}[$R])) * on(app, env) group_right count_over_time({app="worker"}[$R])',
    'count_over_time({app="api"}[$R]) - ignoring(pod) group_left max without (pod) (count_over_time({app="api"}[$R]))',
    'label_replace(sum by (app) (count_over_time({app=~".+"}[$R])), "first", "$1", "app", "(.).*")',
    'vector(1)',
    'sum(count_over_time({app="none"}[$R])) or vector(0)',
    'sum(count_over_time({app="api"}[$R])) % 7 ^ 2',
    'count_over_time({app="api"}[$R]) + on(app) count_over_time({app="worker"}[$R])',
    'sum(count_over_time({app="api"}[$R])) / 0',
  ],
};

const INSTANT_ONLY = [
  'sort(sum by (app) (bytes_over_time({app=~".+"}[1h])))',
  'sort_desc(sum by (app) (bytes_over_time({app=~".+"}[1h])))',
  'topk(3, sum by (path) (bytes_over_time({app="api"} | json [1h])))',
  'sum by (level) (count_over_time({app="api"} | json [1h]))',
  '1 + 2 * 3',
  'vector(3) * 2',
];

/** All of it: about 400 queries. */
export function corpusQueries(): CorpusQuery[] {
  const queries: CorpusQuery[] = [];
  for (const [topic, list] of Object.entries(LOGS))
    for (const query of list) queries.push({ topic, query, ask: 'logs' });
  for (const [topic, list] of Object.entries(METRICS)) {
    for (const template of list) {
      for (const range of RANGES) {
        const query = template.replaceAll('$R', range);
        if (query === template && range !== RANGES[0]) continue;
        queries.push({ topic, query, ask: 'range' });
        if (range === '17m') queries.push({ topic, query, ask: 'instant' });
      }
    }
  }
  for (const query of INSTANT_ONLY) queries.push({ topic: 'instant', query, ask: 'instant' });
  return queries;
}
