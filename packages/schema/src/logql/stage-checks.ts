import type { LabelFilter, LabelFormat, Stage, Unwrap } from './ast.ts';
import { type LogqlChecks, LogqlError } from './errors.ts';
import { parseIpPattern } from './ip.ts';
import { jsonPathFault, logfmtKeyFault } from './json-path.ts';
import { firstDuplicate, patternFilterFault, patternStageFault } from './pattern.ts';
import { printFilter, printStage } from './print-stages.ts';
import { goQuote } from './text.ts';

/** Throws when a regular expression names no group, or one twice. */
/** Loki's regular expressions allow a name twice, so that it is the stage that refuses it. */
export function checkRegexpStage(pattern: string, checks: LogqlChecks): void {
  const names = groupNames(pattern);
  const fault = twiceFault(names) ?? checks.regexp?.(pattern) ?? noneFault(names);
  if (fault !== null) throw new LogqlError(`invalid regexp parser: ${fault}`);
}

function noneFault(names: readonly string[]): string | null {
  return names.length === 0 ? 'at least one named capture must be supplied' : null;
}

function twiceFault(names: readonly string[]): string | null {
  const twice = firstDuplicate(names);
  return twice === undefined ? null : `duplicate extracted label name '${twice}'`;
}

/** Names of the groups, outside of classes and of `\Q…\E`. */
function groupNames(pattern: string): string[] {
  const parts =
    /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\^?[a-z]{1,10}:\]|[^\]\\])*\]?|\(\?P?<([A-Za-z0-9_]+)>/g;
  return [...pattern.matchAll(parts)].flatMap((part) => (part[1] === undefined ? [] : [part[1]]));
}

export function checkPatternStage(pattern: string): void {
  const fault = patternStageFault(pattern);
  if (fault !== null) throw new LogqlError(`invalid pattern parser: ${fault}`);
}

/** Throws the first fault of stages that parse but cannot be run, with the stage's text. */
export function checkStages(stages: readonly Stage[], checks: LogqlChecks): void {
  for (const group of inOrderOfExecution(stages)) {
    // Of line filters that run as one stage Loki builds the last one first.
    const fault = firstFault(group.toReversed(), (stage) => stageFault(stage, checks));
    if (fault !== null) throw new LogqlError(`stage '${group.map(printStage).join(' ')}' : ${fault}`);
  }
}

/** Loki runs line filters as one stage, before whatever does not change the line or drop it. */
function inOrderOfExecution(stages: readonly Stage[]): Stage[][] {
  const groups: Stage[][] = [];
  let filters: Stage[] = [];
  let others: Stage[] = [];
  const flush = (): void => {
    if (filters.length > 0) groups.push(filters);
    groups.push(...others.map((stage) => [stage]));
    filters = [];
    others = [];
  };
  for (const stage of stages) {
    if (stage.kind === 'label-filter') flush();
    (stage.kind === 'line-filter' ? filters : others).push(stage);
    if (stage.kind === 'label-filter' || stage.kind === 'line-format' || stage.kind === 'unpack') flush();
  }
  flush();
  return groups;
}

/** Throws when a filter behind an unwrap cannot be run. */
export function checkUnwrap(unwrap: Unwrap): void {
  for (const filter of unwrap.filters) {
    const fault = filterFault(filter);
    if (fault !== null) throw new LogqlError(`stage '| ${printFilter(filter)}' : ${fault}`);
  }
}

function stageFault(stage: Stage, checks: LogqlChecks): string | null {
  switch (stage.kind) {
    case 'line-filter':
      return firstFault(stage.args, (arg) => lineFilterFault(stage.op, arg, checks));
    case 'json':
      return firstFault(stage.extractions, ({ expression }) => expressionFault(expression, jsonPathFault(expression)));
    case 'logfmt':
      return firstFault(stage.extractions, ({ expression }) => expressionFault(expression, logfmtKeyFault(expression)));
    case 'label-filter':
      return filterFault(stage.filter);
    case 'line-format': {
      const fault = checks.template?.(stage.template) ?? null;
      return fault === null ? null : `invalid line template: ${fault}`;
    }
    case 'label-format':
      return formatsFault(stage.formats, checks);
    default:
      return null;
  }
}

function firstFault<T>(items: readonly T[], faultOf: (item: T) => string | null): string | null {
  for (const item of items) {
    const fault = faultOf(item);
    if (fault !== null) return fault;
  }
  return null;
}

function expressionFault(expression: string, fault: string | null): string | null {
  return fault === null ? null : `cannot parse expression [${expression}]: ${fault}`;
}

function lineFilterFault(op: string, arg: { kind: string; value: string }, checks: LogqlChecks): string | null {
  if (arg.kind === 'ip') return op === '|=' || op === '!=' ? ipFault(arg.value) : 'ip: invalid operation';
  if (op === '|~' || op === '!~') return checks.regexp?.(arg.value) ?? null;
  return op === '|>' || op === '!>' ? patternFilterFault(arg.value) : null;
}

function ipFault(pattern: string): string | null {
  return parseIpPattern(pattern) === null ? `ip: invalid pattern: ${goQuote(pattern)}` : null;
}

function filterFault(filter: LabelFilter): string | null {
  if (filter.kind === 'ip') return ipFault(filter.value);
  if (filter.kind === 'and' || filter.kind === 'or') return filterFault(filter.left) ?? filterFault(filter.right);
  return null;
}

function formatsFault(formats: readonly LabelFormat[], checks: LogqlChecks): string | null {
  const seen = new Set<string>();
  for (const { name } of formats) {
    if (name === '__error__') return `${name} cannot be formatted`;
    if (seen.has(name)) return `multiple label name '${name}' not allowed in a single format operation`;
    seen.add(name);
  }
  for (const format of formats) {
    const fault = format.kind === 'template' ? (checks.template?.(format.template) ?? null) : null;
    if (fault !== null) return `invalid template for label '${format.name}': ${fault}`;
  }
  return null;
}
