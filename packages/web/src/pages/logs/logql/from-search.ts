import { isSeverity, SEVERITIES } from '../../../lib/severity.ts';
import { type Chip, chipsOf } from '../query/terms.ts';

/** Everything: LogQL wants one matcher that the empty text does not fit. */
const EVERYTHING = '{service_name=~".+"}';

/** The search as LogQL. What it cannot say is left out: it is a beginning, not a translation to rely on. */
export function searchAsLogql(q: string): string {
  const matchers: string[] = [];
  const stages: string[] = [];
  for (const chip of chipsOf(q)) {
    if (chip.name === 'service' && !chip.isExcluded && chip.comparison === '' && chip.value !== '*') {
      matchers.push(`service_name=${literal(textOf(chip.value))}`);
    } else stages.push(...stageOf(chip));
  }
  const selector = matchers.length === 0 ? EVERYTHING : `{${matchers.join(', ')}}`;
  return [selector, ...stages].join(' ');
}

/** A log query narrowed by one term of the search: `service:web`, `-attr.status:500`. The term's opposite goes. */
export function narrowLogql(query: string, term: string): string {
  const [chip] = chipsOf(term);
  if (chip === undefined) return query;
  const [stage = ''] = stageOf(chip);
  const [opposite = ''] = stageOf({ ...chip, isExcluded: !chip.isExcluded });
  const rest = opposite !== '' && query.endsWith(opposite) ? query.slice(0, -opposite.length) : query;
  return stage === '' || query.includes(stage) ? query : `${rest.trim()} ${stage}`;
}

function stageOf(chip: Chip): string[] {
  const stage = chip.name === '' || chip.name === 'message' ? lineFilter(chip) : labelFilter(chip);
  return stage === null ? [] : [stage];
}

function lineFilter({ value, isExcluded }: Chip): string | null {
  const text = textOf(value);
  if (text === '' || text === '*') return null;
  const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  // A word alone is found whole, a phrase anywhere; neither minds upper and lower case.
  const isWord = !value.startsWith('"') && /^[A-Za-z0-9]+$/.test(text);
  return `${isExcluded ? '!~' : '|~'} ${literal(`(?i)${isWord ? `\\b${escaped}\\b` : escaped}`)}`;
}

const OPPOSITES: Readonly<Record<string, string>> = {
  '>': '<=',
  '>=': '<',
  '<': '>=',
  '<=': '>',
  '=': '!=',
  '!=': '=',
};

function labelFilter({ name, comparison, value, isExcluded }: Chip): string | null {
  const label = labelName(name);
  const said = comparison === '' ? '=' : comparison;
  const sign = isExcluded ? OPPOSITES[said]! : said;
  const text = textOf(value);
  if (name === 'severity') return severityFilter(sign, text);
  if (value === '*') return `| ${label}${isExcluded ? '=' : '!='}""`;
  if (sign === '=' || sign === '!=') return `| ${label}${sign}${literal(text)}`;
  return /^-?\d+(\.\d+)?$/.test(text) ? `| ${label} ${sign} ${text}` : null;
}

function severityFilter(sign: string, text: string): string | null {
  if (!isSeverity(text)) return null;
  const at = SEVERITIES.indexOf(text);
  if (sign === '=' || sign === '!=') return `| severity${sign}${literal(text)}`;
  const fits = (index: number): boolean =>
    sign === '>' ? index > at : sign === '>=' ? index >= at : sign === '<' ? index < at : index <= at;
  return `| severity=~${literal(SEVERITIES.filter((_, index) => fits(index)).join('|'))}`;
}

/** What LogQL calls a field: docs/reference/logql.md. */
export function labelName(name: string): string {
  if (name === 'service') return 'service_name';
  const plain = name.replace(/^(attr|label)\./, '').replace(/[^A-Za-z0-9_]+/g, '_');
  return /^\d/.test(plain) ? `key_${plain}` : plain;
}

function textOf(value: string): string {
  return value.startsWith('"')
    ? value
        .slice(1)
        .replace(/"$/, '')
        .replace(/\\(["\\])/g, '$1')
    : value;
}

/** A string of LogQL: backticks where that spares escapes. */
function literal(text: string): string {
  return text.includes('\\') && !text.includes('`') ? `\`${text}\`` : JSON.stringify(text);
}
