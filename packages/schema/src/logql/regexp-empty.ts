/**
 * Whether an anchored RE2 regular expression matches the empty text. A walk over the expression and not a run of it:
 * V8 backtracks, and this reads what anybody may send. Anchors hold on the empty text, `\b` does not.
 */
export function matchesEmpty(pattern: string): boolean {
  const open: Group[] = [];
  let group = newGroup();
  for (let at = 0; at < pattern.length; ) {
    const character = pattern.charAt(at);
    if (character === '(') {
      const start = at + groupStart(pattern, at);
      at = start;
      if (pattern.charAt(start - 1) === ')') continue;
      open.push(group);
      group = newGroup();
      continue;
    }
    let empty: boolean;
    if (character === '|') {
      group = { alternatives: group.alternatives || group.sequence, sequence: true };
      at += 1;
      continue;
    } else if (character === ')') {
      empty = group.alternatives || group.sequence;
      group = open.pop() ?? newGroup();
      at += 1;
    } else {
      const atom = readAtom(pattern, at);
      empty = atom.empty;
      at = atom.end;
    }
    const repeat = readRepeat(pattern, at);
    at = repeat.end;
    if (!empty && !repeat.optional) group.sequence = false;
  }
  return group.alternatives || group.sequence;
}

interface Group {
  /** One of the alternatives so far matches the empty text. */
  alternatives: boolean;
  /** All parts of the current alternative so far match it. */
  sequence: boolean;
}

function newGroup(): Group {
  return { alternatives: false, sequence: true };
}

/** Characters of a bracket's head: `(`, `(?:`, `(?P<name>`, or a whole `(?i)`. */
function groupStart(pattern: string, at: number): number {
  if (pattern.charAt(at + 1) !== '?') return 1;
  const head = /^\(\?(?:P?<[^>]*>|[a-zA-Z-]*[:)])/.exec(pattern.slice(at, at + 200));
  return head?.[0].length ?? 1;
}

function readAtom(pattern: string, at: number): { empty: boolean; end: number } {
  const character = pattern.charAt(at);
  if (character === '^' || character === '$') return { empty: true, end: at + 1 };
  if (character === '[') return { empty: false, end: classEnd(pattern, at) };
  if (character !== '\\') return { empty: false, end: at + 1 };
  const letter = pattern.charAt(at + 1);
  if (letter === 'Q') {
    const close = pattern.indexOf('\\E', at + 2);
    const end = close < 0 ? pattern.length : close;
    return { empty: end === at + 2, end: close < 0 ? end : end + 2 };
  }
  if (letter === 'A' || letter === 'z' || letter === 'B' || letter === 'E') return { empty: true, end: at + 2 };
  if (letter === 'b') return { empty: false, end: at + 2 };
  const long = /^\\(?:[pP]\{[^}]*\}|x\{[^}]*\}|x..|[pP].|[0-7]{1,3})/.exec(pattern.slice(at, at + 100));
  return { empty: false, end: at + (long?.[0].length ?? 2) };
}

function classEnd(pattern: string, at: number): number {
  let end = at + 1;
  if (pattern.charAt(end) === '^') end += 1;
  if (pattern.charAt(end) === ']') end += 1;
  while (end < pattern.length && pattern.charAt(end) !== ']') {
    if (pattern.charAt(end) === '\\') end += 2;
    else end += /^\[:\^?[a-z]+:\]/.exec(pattern.slice(end, end + 16))?.[0].length ?? 1;
  }
  return end + 1;
}

function readRepeat(pattern: string, at: number): { optional: boolean; end: number } {
  let optional = false;
  let end = at;
  for (;;) {
    const character = pattern.charAt(end);
    if (character === '*' || character === '?') {
      optional = true;
      end += 1;
    } else if (character === '+') end += 1;
    else {
      const counted = character === '{' ? /^\{(\d+)(?:,\d*)?\}/.exec(pattern.slice(end, end + 20)) : null;
      if (counted === null) return { optional, end };
      if (Number(counted[1]) === 0) optional = true;
      end += counted[0].length;
    }
  }
}
