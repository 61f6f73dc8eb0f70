/** The expressions behind `| json a="…"` and `| logfmt a="…"`. */

interface PathToken {
  kind: 'DOT' | 'LSB' | 'RSB' | 'STRING' | 'FIELD' | 'INDEX' | '$end';
  value: string | number;
  /** What made the text end here, if it was no end. */
  fault: string | null;
}

const TOKEN = /(\.)|(\[)|(\])|"([^"\]]*)["\]]?|([A-Za-z_][A-Za-z0-9_]*)|([0-9]+)/y;

/**
 * `a.b["c d"][0]` as its steps: keys are texts, places in an array numbers.
 * Throws an Error with Loki's text where the expression has no such form.
 */
export function parseJsonPath(expression: string): (string | number)[] {
  const tokens = tokensOf(expression);
  const steps: (string | number)[] = [];
  let at = 0;
  let lexFault: string | null = null;
  const next = (): PathToken => {
    const token = tokens[at] ?? { kind: '$end', value: '', fault: null };
    at += 1;
    lexFault ??= token.fault;
    return token;
  };
  for (let token = next(); token.kind !== '$end' || steps.length === 0; token = next()) {
    const first = steps.length === 0;
    if (token.kind === 'LSB') {
      const key = next();
      if (key.kind !== 'STRING' && key.kind !== 'INDEX') throw unexpected(key, 'STRING or INDEX');
      steps.push(key.value);
      const close = next();
      if (close.kind !== 'RSB') throw unexpected(close, 'RSB');
    } else if (token.kind === 'DOT' && !first) {
      const field = next();
      if (field.kind !== 'FIELD') throw unexpected(field, 'FIELD');
      steps.push(field.value);
    } else if (token.kind === 'FIELD' && first) steps.push(token.value);
    else throw unexpected(token, first ? 'LSB or FIELD' : '');
  }
  if (lexFault !== null) throw new Error(lexFault);
  return steps;
}

function unexpected(token: PathToken, expected: string): Error {
  return new Error(`syntax error: unexpected ${token.kind}${expected === '' ? '' : `, expecting ${expected}`}`);
}

function tokensOf(expression: string): PathToken[] {
  const tokens: PathToken[] = [];
  for (let at = 0; at < expression.length; ) {
    const character = expression.charAt(at);
    if (character === ' ' || character === '\t' || character === '\n') {
      at += 1;
      continue;
    }
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(expression);
    const token = match === null ? fault(`unexpected char ${character}`) : tokenOf(match, expression);
    tokens.push(token);
    if (match === null || token.fault !== null) break;
    at += match[0].length;
  }
  return tokens;
}

function tokenOf(match: RegExpExecArray, expression: string): PathToken {
  const [whole, dot, open, close, text, field, digits] = match;
  if (dot !== undefined) return { kind: 'DOT', value: '', fault: null };
  if (open !== undefined) return { kind: 'LSB', value: '', fault: null };
  if (close !== undefined) return { kind: 'RSB', value: '', fault: null };
  if (text !== undefined) return { kind: 'STRING', value: text, fault: null };
  if (field !== undefined) return { kind: 'FIELD', value: field, fault: null };
  const after = expression.charAt(match.index + whole.length);
  if (after === '.') return fault('cannot use float as array index');
  if (after === '' || !' \t\n]'.includes(after)) return fault(`non-integer value: ${after === '' ? '\0' : after}`);
  return { kind: 'INDEX', value: Number(digits), fault: null };
}

function fault(text: string): PathToken {
  return { kind: '$end', value: '', fault: text };
}

/** What is wrong with an expression of a `json` stage; null when all is well. */
export function jsonPathFault(expression: string): string | null {
  try {
    parseJsonPath(expression);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What is wrong with an expression of a `logfmt` stage: a name, or texts in quotes. */
export function logfmtKeyFault(expression: string): string | null {
  const token = /[ \t\n]*(?:([A-Za-z_][A-Za-z0-9_]*)|("[^"\]]*["\]]?)|([^ \t\n])|$)/y;
  for (let count = 0; ; count += 1) {
    const [, name, text, other] = token.exec(expression) ?? [];
    if (name !== undefined && count > 0) return 'syntax error: unexpected KEY';
    if (name !== undefined || text !== undefined) continue;
    if (count === 0) return 'syntax error: unexpected $end, expecting STRING or KEY';
    return other === undefined ? null : `unexpected char ${other}`;
  }
}
