import { replacementOf } from './rule-ids.ts';

/** A secret in a text: UTF-16 positions, end exclusive, and the index of the rule that found it. */
export interface Span {
  start: number;
  end: number;
  rule: number;
}

/** A rule: every place in the text where it finds a secret, in any order, in time linear in the text's length. */
export type FindSpans = (text: string, rule: number, spans: Span[]) => void;

/**
 * Sorts spans and makes one of those that overlap, named by the rule that comes first. So nothing that any rule found
 * survives beside a replacement.
 */
export function mergeSpans(spans: Span[]): Span[] {
  if (spans.length < 2) return spans;
  spans.sort((a, b) => a.start - b.start);
  const merged: Span[] = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (last === undefined || span.start >= last.end) {
      merged.push({ ...span });
    } else {
      last.rule = Math.min(last.rule, span.rule);
      last.end = Math.max(last.end, span.end);
    }
  }
  return merged;
}

/** The text with each of the merged spans replaced. */
export function replaceSpans(text: string, spans: readonly Span[]): string {
  let out = '';
  let from = 0;
  for (const { start, end, rule } of spans) {
    out += text.slice(from, start) + replacementOf(rule);
    from = end;
  }
  return out + text.slice(from);
}

/**
 * The matches of a global pattern, one after another. Unlike matchAll it makes no copy of the pattern, which would cost
 * as much as the search; so a pattern must not be used by two searches at a time.
 */
export function eachMatch(pattern: RegExp, text: string, handle: (match: RegExpExecArray) => void): void {
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) handle(match);
}

const ESCAPE = /\\[nrtbf]|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|%[0-9A-Fa-f]{2}|\p{Cc}\[[0-9;]{0,10}m/gu;
let lastText = '';
let lastBlanked = '';

/**
 * The text with escapes as spaces, as long as before. JSON within JSON, URLs and terminals put letters and digits right
 * before a secret that belong to an escape (`\nAKIA…`, `%204111…`), and would hide that a word starts there.
 */
export function blankEscapes(text: string): string {
  if (text !== lastText) {
    lastText = text;
    lastBlanked = /[\\%\p{Cc}]/u.test(text) ? text.replace(ESCAPE, (match) => ' '.repeat(match.length)) : text;
  }
  return lastBlanked;
}
