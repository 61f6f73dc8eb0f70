import { labelName, labelValue, numberName, type Seen, word } from './seen.ts';
import { APPS, PLAIN_NUMBERS } from './vocabulary.ts';

const quote = (text: string) => JSON.stringify(text);

/** What a regular expression calls the text itself. */
const literal = (text: string) => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');

function valueRegex(seen: Seen, name: string): string {
  const { random } = seen;
  const value = literal(labelValue(seen, name));
  switch (random.int(8)) {
    case 0:
      return '.+';
    case 1:
      return '.*';
    case 2:
      return `${value}|${literal(labelValue(seen, name))}`;
    case 3:
      return `(?i)${value.toUpperCase()}`;
    case 4:
      return `${value.slice(0, 1).replace('\\', '')}.*`;
    case 5:
      return `|${value}`;
    case 6:
      return '[a-z]+[0-9]?';
    default:
      return `^${value}$`;
  }
}

function matcher(seen: Seen, name: string): string {
  const op = seen.random.pick(['=', '=~', '=~', '!=', '!=', '!~']);
  return `${name}${op}${quote(op.endsWith('~') ? valueRegex(seen, name) : labelValue(seen, name))}`;
}

/** What most events have comes first. */
function selector(seen: Seen): string {
  const { random, selectors, values } = seen;
  const wide =
    selectors.length > 0 && (random.chance(0.9) || !values.has('app'))
      ? random.pick(selectors)
      : `app=${quote(random.pick(APPS))}`;
  const more = Array.from({ length: random.pick([0, 0, 0, 0, 1, 1, 2]) }, () => {
    const name = labelName(seen, false);
    if (random.chance(0.25)) return matcher(seen, name);
    return random.pick([`${name}!=${quote(labelValue(seen, name))}`, `${name}=~".*"`, `${name}!~"x.*"`]);
  });
  return `{${[wide, ...more].join(', ')}}`;
}

const LINE_REGEXES = [
  'error|timeout',
  '(?i)ERROR',
  '^\\{',
  '\\}$',
  'time.*out',
  'line.break',
  'line(?s:.)break',
  '[0-9]{3}',
  'GET|POST',
  '\\bms\\b',
  'status"?[=:]',
  'u[12]',
  '.+',
  '^$',
  '(?i)größe',
  'a\\.b',
  'abc\\d+',
  '(?m)^took',
  '(error|user).*(took|500)',
  'took 5 ms|packed',
];

const LINE_PATTERNS = ['<_>error<_>', 'took <_>', '<_>=<_>', '{<_>}', '<_>status<_>', '<_> "GET <_>', '<_>'];

function lineFilter(seen: Seen): string {
  const { random } = seen;
  const op = random.pick(['|=', '|=', '|=', '|=', '!=', '!=', '|~', '|~', '|~', '!~', '!~', '|>', '!>', '!>']);
  const argument = () => {
    if (op.endsWith('~')) return quote(random.chance(0.5) ? literal(word(seen)) : random.pick(LINE_REGEXES));
    if (op.endsWith('>'))
      return quote(random.chance(0.3) ? `<_>${word(seen).replace(/[<>]/g, '')}<_>` : random.pick(LINE_PATTERNS));
    return random.chance(0.05) ? 'ip("10.0.0.0/30")' : quote(word(seen));
  };
  const more = random.chance(0.4) ? ` or ${argument()}` : '';
  return `${op} ${argument()}${more}`;
}

function simpleFilter(seen: Seen, isParsed: boolean): string {
  const { random } = seen;
  if (random.chance(0.4)) {
    return `${numberName(seen, isParsed)} ${random.pick(['>', '>=', '>=', '<', '<=', '<=', '==', '!=', '!='])} ${random.pick(PLAIN_NUMBERS)}`;
  }
  if (random.chance(0.05)) return `duration ${random.pick(['>', '<='])} ${random.pick(['1s', '250ms', '1m'])}`;
  if (random.chance(0.05)) return `size ${random.pick(['>', '<='])} ${random.pick(['1KB', '100B', '2MiB'])}`;
  return matcher(seen, labelName(seen, isParsed));
}

function labelFilter(seen: Seen, isParsed: boolean): string {
  const { random } = seen;
  if (random.chance(0.6)) return `| ${simpleFilter(seen, isParsed)}`;
  const joined = `${simpleFilter(seen, isParsed)} ${random.pick(['and', 'or', 'or'])} ${simpleFilter(seen, isParsed)}`;
  return random.chance(0.3)
    ? `| (${joined}) ${random.pick(['and', 'or'])} ${simpleFilter(seen, isParsed)}`
    : `| ${joined}`;
}

const JSON_PARSERS = ['json', 'json', 'json', 'json status, code="status"', 'json inner="a.b", id="app.id"', 'unpack'];
const LOGFMT_PARSERS = ['logfmt', 'logfmt', 'logfmt status, d="duration"', 'logfmt --strict', 'logfmt --keep-empty'];
const TEXT_PARSERS = [
  'regexp "(?P<method>GET|POST) (?P<path>\\\\S+)"',
  'regexp "took (?P<duration>\\\\d+)"',
  'pattern `<ip> "<method> <path> <_>" <status> <size> took <duration>`',
  'pattern `<_>=<count> <_>`',
];

function parser({ random, hasJson, hasLogfmt, hasAccess }: Seen): string {
  const fitting = [hasJson ? JSON_PARSERS : [], hasLogfmt ? LOGFMT_PARSERS : [], hasAccess ? TEXT_PARSERS : []].flat();
  if (fitting.length > 0 && random.chance(0.9)) return `| ${random.pick(fitting)}`;
  return `| ${random.pick([...JSON_PARSERS, ...LOGFMT_PARSERS, ...TEXT_PARSERS])}`;
}

const OTHER_STAGES = [
  '| line_format "{{.msg}} {{.status}}"',
  '| line_format `{{ __line__ | upper }}`',
  '| label_format level=severity',
  '| label_format made=`{{.app}}-{{.status}}`',
  '| label_format status=`{{.count}}`, user_id=app',
  '| decolorize',
  '| drop level, status',
  '| drop severity="info"',
  '| drop __error__, __error_details__',
  '| drop user_id, log_type, trace_id',
  '| keep app, status, level, user_id',
  '| keep app="web"',
];

function stage(seen: Seen, isParsed: boolean): string {
  switch (seen.random.weighted({ line: 8, label: 6, parser: 5, other: 2 })) {
    case 'line':
      return lineFilter(seen);
    case 'label':
      return labelFilter(seen, isParsed);
    case 'parser':
      return parser(seen);
    default:
      return seen.random.pick(OTHER_STAGES);
  }
}

/** Whether labels of the line are there. */
function isParsed(stages: readonly string[]): boolean {
  return stages.some((text) => /^\| (json|logfmt|pattern|regexp|unpack)/.test(text));
}

function stages(seen: Seen): string[] {
  const made: string[] = [];
  const count = seen.random.pick([0, 1, 1, 1, 1, 2, 2, 3]);
  while (made.length < count) made.push(stage(seen, isParsed(made)));
  return made;
}

export function logQuery(seen: Seen): string {
  return [selector(seen), ...stages(seen)].join(' ');
}

/** `{…} | … [5m]`, what a range aggregation is of. `range` may have an offset. */
export function logRange(seen: Seen, range: string, unwraps: boolean): string {
  const { random } = seen;
  const parts = stages(seen);
  // Lines that a parser cannot read fail a metric query, so most queries with one let errors go.
  const isSafe = !parts.some((part) => part.startsWith('| '));
  if (random.chance(isSafe ? 0.1 : 0.85))
    parts.push(random.pick(['| __error__=""', '| drop __error__, __error_details__']));
  const log = [selector(seen), ...parts].join(' ');
  if (!unwraps) return `${log} ${range}`;
  const hasUnits = seen.values.has('size') && seen.values.has('duration');
  const conversion = hasUnits && random.chance(0.15) ? random.pick(['duration', 'bytes', 'duration_seconds']) : null;
  const name = conversion === 'bytes' ? 'size' : conversion === null ? numberName(seen, isParsed(parts)) : 'duration';
  const unwrap = conversion === null ? name : `${conversion}(${name})`;
  const behind = random.weighted({ error: 8, none: 2, filter: 1 });
  const filter = { error: ' | __error__=""', none: '', filter: ` | ${name} > 1 | __error__=""` }[behind];
  return `${log} | unwrap ${unwrap}${filter} ${range}`;
}
