/**
 * Which parts of a text redaction replaced, found by laying the text before and the text after side by side: what stands
 * between two replacements is the same in both.
 */
export interface Part {
  text: string;
  /** The rule that replaced it, or that it was replaced by; null for what stayed. */
  rule: string | null;
}

const REPLACEMENT = /\[REDACTED:([a-z-]+)\]/g;

/** The text after redaction in parts. */
export function partsAfter(after: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of after.matchAll(REPLACEMENT)) {
    push(parts, after.slice(from, match.index), null);
    push(parts, match[0], match[1]!);
    from = match.index + match[0].length;
  }
  push(parts, after.slice(from), null);
  return parts;
}

/** The text before in parts; as one part that stayed where the two cannot be laid side by side. */
export function partsBefore(before: string, after: string): Part[] {
  const parts: Part[] = [];
  const wanted = partsAfter(after);
  let at = 0;
  for (const [index, { text, rule }] of wanted.entries()) {
    if (rule === null) {
      if (!before.startsWith(text, at)) return [{ text: before, rule: null }];
      push(parts, text, null);
      at += text.length;
      continue;
    }
    // Up to where the next part that stayed begins; the last one goes to the end.
    const next = wanted[index + 1];
    const isBeforeLast = index + 2 === wanted.length && next?.rule === null;
    const end =
      next === undefined
        ? before.length
        : isBeforeLast
          ? before.length - next.text.length
          : before.indexOf(next.text, at);
    if (end < at) return [{ text: before, rule: null }];
    push(parts, before.slice(at, end), rule);
    at = end;
  }
  return parts;
}

function push(parts: Part[], text: string, rule: string | null): void {
  if (text !== '') parts.push({ text, rule });
}

/**
 * An event before redaction as indented JSON in parts. Its values are held against those of the event after by name, since
 * fields have moved: the sender's `attributes.x` or `x` is `attributes.x` there.
 */
export function jsonPartsBefore(before: unknown, after: unknown): Part[] {
  const changed = new Map(leavesOf(after, '').filter(([, text]) => text.includes('[REDACTED:')));
  const parts: Part[] = [];
  write(parts, before, '', '');
  return merged(parts);

  function write(into: Part[], value: unknown, name: string, indent: string): void {
    if (value === null || typeof value !== 'object') {
      into.push(...leafParts(value, name));
      return;
    }
    const [open, close] = Array.isArray(value) ? '[]' : '{}';
    const entries = Object.entries(value);
    if (entries.length === 0) {
      push(into, `${open}${close}`, null);
      return;
    }
    push(into, `${open}\n`, null);
    for (const [index, [key, member]] of entries.entries()) {
      push(into, `${indent}  ${Array.isArray(value) ? '' : `${JSON.stringify(key)}: `}`, null);
      write(into, member, Array.isArray(value) ? name : key, `${indent}  `);
      push(into, index === entries.length - 1 ? '\n' : ',\n', null);
    }
    push(into, `${indent}${close}`, null);
  }

  function leafParts(value: unknown, name: string): Part[] {
    const written = JSON.stringify(value);
    const there = changed.get(name);
    if (there === undefined) return [{ text: written, rule: null }];
    return typeof value === 'string' ? partsBefore(written, JSON.stringify(there)) : partsBefore(written, there);
  }
}

/** Values by the last part of their name. */
function leavesOf(value: unknown, name: string): [string, string][] {
  if (value === null || typeof value !== 'object') return [[name, String(value)]];
  const isList = Array.isArray(value);
  return Object.entries(value).flatMap(([key, member]) =>
    leavesOf(member, isList ? name : (key.split('.').at(-1) ?? key)),
  );
}

function merged(parts: readonly Part[]): Part[] {
  const all: Part[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (last !== undefined && last.rule === null && part.rule === null)
      all[all.length - 1] = { ...last, text: last.text + part.text };
    else all.push(part);
  }
  return all;
}
