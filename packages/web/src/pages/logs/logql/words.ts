import type { Completion } from '@codemirror/autocomplete';

/** What LogQL itself offers, by where it may stand: https://grafana.com/docs/loki/latest/query/ */
const option =
  (type: string) =>
  (label: string, detail: string, apply = label): Completion => ({ label, detail, apply, type });

const range = option('function');
const RANGES = {
  rate: 'lines a second',
  count_over_time: 'lines',
  bytes_rate: 'bytes a second',
  bytes_over_time: 'bytes',
  absent_over_time: '1 where there is none',
};
const UNWRAPPED = ['sum', 'avg', 'min', 'max', 'stddev', 'stdvar', 'first', 'last'];
const VECTORS = ['sum', 'avg', 'min', 'max', 'count', 'stddev', 'stdvar', 'topk', 'bottomk', 'sort', 'sort_desc'];

export const FUNCTIONS: readonly Completion[] = [
  option('text')('{', 'selects lines', '{'),
  ...Object.entries(RANGES).map(([name, detail]) => range(name, detail, `${name}(`)),
  ...VECTORS.map((name) => range(name, 'over series', name.endsWith('k') ? `${name}(5, ` : `${name}(`)),
  ...UNWRAPPED.map((name) => range(`${name}_over_time`, 'of an unwrapped label', `${name}_over_time(`)),
  range('quantile_over_time', 'of an unwrapped label', 'quantile_over_time(0.95, '),
  range('label_replace', 'a label by a regular expression', 'label_replace('),
  range('vector', 'a number', 'vector('),
];

const operator = option('keyword');

export const LINE_OPERATORS: readonly Completion[] = [
  operator('|=', 'the line has the text', '|= "'),
  operator('!=', 'the line has it not', '!= "'),
  operator('|~', 'the line fits the regular expression', '|~ "'),
  operator('!~', 'the line does not fit it', '!~ "'),
  operator('|>', 'the line fits the pattern', '|> "'),
  operator('!>', 'the line does not fit it', '!> "'),
  operator('|', 'a stage or a label filter', '| '),
  operator('[5m]', 'a range, for metrics'),
];

export const MATCHER_OPERATORS: readonly Completion[] = [
  operator('=', 'is', '="'),
  operator('!=', 'is not', '!="'),
  operator('=~', 'fits the regular expression', '=~"'),
  operator('!~', 'does not fit it', '!~"'),
];

const stage = option('keyword');

export const STAGES: readonly Completion[] = [
  stage('json', 'labels from a JSON line'),
  stage('logfmt', 'labels from key=value'),
  stage('pattern', 'labels by a pattern', 'pattern "'),
  stage('regexp', 'labels by a regular expression', 'regexp `'),
  stage('unpack', "Promtail's packed lines"),
  stage('line_format', 'another line', 'line_format "'),
  stage('label_format', 'other labels', 'label_format '),
  stage('unwrap', 'a label as the number of a metric', 'unwrap '),
  stage('decolorize', 'without ANSI colours'),
  stage('drop', 'without labels', 'drop '),
  stage('keep', 'with these labels only', 'keep '),
];
