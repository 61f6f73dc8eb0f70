import type {
  Extraction,
  LabelFilter,
  LabelFormat,
  LabelTarget,
  LineFilterArg,
  Matcher,
  Stage,
  Unwrap,
} from './ast.ts';
import { formatBytesLiteral } from './bytes.ts';
import { formatGoDuration, parseDurationLiteral } from './durations.ts';
import { formatPlain } from './numbers.ts';
import { goQuote } from './text.ts';

export function printSelector(matchers: readonly Matcher[]): string {
  return `{${matchers.map(printMatcher).join(', ')}}`;
}

function printMatcher({ name, op, value }: Matcher): string {
  return name + op + goQuote(value);
}

/** A stage as Loki writes it, its bar included. */
export function printStage(stage: Stage): string {
  switch (stage.kind) {
    case 'line-filter':
      return printLineFilter(stage.op, stage.args);
    case 'json':
      return stage.extractions.length === 0 ? '| json' : `| json ${stage.extractions.map(printExtraction).join(',')}`;
    case 'logfmt': {
      const flags = `${stage.strict ? ' --strict' : ''}${stage.keepEmpty ? ' --keep-empty' : ''}`;
      return `| logfmt${flags}${stage.extractions.length === 0 ? '' : ` ${stage.extractions.map(printExtraction).join(',')}`}`;
    }
    case 'regexp':
    case 'pattern':
      return `| ${stage.kind} ${goQuote(stage.pattern)}`;
    case 'unpack':
    case 'decolorize':
      return `| ${stage.kind}`;
    case 'label-filter':
      return `| ${printFilter(stage.filter)}`;
    case 'line-format':
      return `| line_format ${goQuote(stage.template)}`;
    case 'label-format':
      return `| label_format ${stage.formats.map(printFormat).join(',')}`;
    case 'drop':
    case 'keep':
      return `| ${stage.kind} ${stage.targets.map(printTarget).join(',')}`;
  }
}

function printLineFilter(op: string, args: readonly LineFilterArg[]): string {
  const texts = args.map(({ kind, value }) => (kind === 'ip' ? `ip(${goQuote(value)})` : goQuote(value)));
  return op.startsWith('|') ? `${op} ${texts.join(' or ')}` : texts.map((text) => `${op} ${text}`).join(' ');
}

function printExtraction({ name, expression }: Extraction): string {
  return `${name}=${goQuote(expression)}`;
}

function printFormat(format: LabelFormat): string {
  return `${format.name}=${format.kind === 'rename' ? format.source : goQuote(format.template)}`;
}

function printTarget({ name, matcher }: LabelTarget): string {
  return matcher === null ? name : printMatcher(matcher);
}

export function printFilter(filter: LabelFilter): string {
  switch (filter.kind) {
    case 'and':
      return `( ${printFilter(filter.left)} , ${printFilter(filter.right)} )`;
    case 'or':
      return `( ${printFilter(filter.left)} or ${printFilter(filter.right)} )`;
    case 'matcher':
      return printMatcher(filter.matcher);
    case 'number':
      return filter.name + filter.op + formatPlain(filter.value);
    case 'duration':
      return filter.name + filter.op + formatGoDuration(parseDurationLiteral(filter.text) ?? 0n);
    case 'bytes':
      return filter.name + filter.op + formatBytesLiteral(filter.bytes);
    case 'ip':
      return `${filter.name}${filter.op}ip(${goQuote(filter.value)})`;
  }
}

/** ` | unwrap x | filter`, one part a line item. */
export function printUnwrap({ label, conversion, filters }: Unwrap): string[] {
  const value = conversion === null ? label : `${conversion}(${label})`;
  return [`| unwrap ${value}`, ...filters.map((filter) => `| ${printFilter(filter)}`)];
}
