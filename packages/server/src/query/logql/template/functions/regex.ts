import { RE2JS, RE2JSException } from 're2js';
import { type FunctionTable, ofStrings } from '../function.ts';
import { checkTextLength } from '../limits.ts';
import { FunctionError, GoInt } from '../value.ts';

/** Patterns may come from labels, so that the table of compiled ones is kept small. */
const MAX_KNOWN_PATTERNS = 128;
/** Longer patterns can only come from events or from repeat; they would take seconds to compile. */
const MAX_PATTERN_LENGTH = 4096;
const known = new Map<string, RE2JS>();

function compile(pattern: string): RE2JS {
  let regex = known.get(pattern);
  if (regex !== undefined) return regex;
  if (pattern.length > MAX_PATTERN_LENGTH) throw new FunctionError(`pattern exceeds ${MAX_PATTERN_LENGTH} characters`);
  try {
    regex = RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof RE2JSException) throw new FunctionError(error.message);
    throw error;
  }
  if (known.size >= MAX_KNOWN_PATTERNS) known.clear();
  known.set(pattern, regex);
  return regex;
}

type Matcher = ReturnType<RE2JS['matcher']>;

/** Every match as Go finds them: an empty one right behind another does not count. */
function eachMatch(pattern: string, text: string, visit: (matcher: Matcher, regex: RE2JS) => void): void {
  const regex = compile(pattern);
  const matcher = regex.matcher(text);
  let lastEnd = -1;
  while (matcher.find()) {
    const isEmpty = matcher.start() === matcher.end();
    if (!isEmpty || matcher.start() !== lastEnd) visit(matcher, regex);
    lastEnd = matcher.end();
  }
}

function replaceAll(pattern: string, text: string, substitute: (matcher: Matcher, regex: RE2JS) => string): string {
  let output = '';
  let copied = 0;
  eachMatch(pattern, text, (matcher, regex) => {
    output += text.slice(copied, matcher.start()) + substitute(matcher, regex);
    copied = matcher.end();
    checkTextLength(output.length);
  });
  return output + text.slice(copied);
}

const REFERENCE = /\$(?:\$|\{([0-9A-Za-z_]+)\}|([0-9A-Za-z_]+))/g;

/** Go's Regexp.Expand: the longest name counts, so that $1x is the group "1x", and an unknown group is empty. */
function expand(template: string, matcher: Matcher, regex: RE2JS): string {
  return template.replace(REFERENCE, (whole, braced: string | undefined, plain: string | undefined) => {
    if (whole === '$$') return '$';
    const name = braced ?? plain ?? '';
    const index = /^[0-9]+$/.test(name) ? Number(name) : regex.namedGroups()[name];
    if (index === undefined || index > matcher.groupCount()) return '';
    return matcher.group(index) ?? '';
  });
}

export const REGEX_FUNCTIONS: FunctionTable = {
  regexReplaceAll: ofStrings(3, (pattern, text, substitute) =>
    replaceAll(
      pattern,
      text,
      substitute.includes('$') ? (matcher, regex) => expand(substitute, matcher, regex) : () => substitute,
    ),
  ),
  regexReplaceAllLiteral: ofStrings(3, (pattern, text, substitute) => replaceAll(pattern, text, () => substitute)),
  count: ofStrings(2, (pattern, text) => {
    let count = 0n;
    eachMatch(pattern, text, () => {
      count += 1n;
    });
    return new GoInt(count);
  }),
};
