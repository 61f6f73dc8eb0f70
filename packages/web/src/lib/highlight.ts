/** A piece of a text, and whether it is one that was searched for. */
export interface HighlightPart {
  text: string;
  isFound: boolean;
}

/** The text in parts, those found that are one of the words, in upper or lower case. */
export function highlightParts(text: string, words: readonly string[]): HighlightPart[] {
  const wanted = words.filter((word) => word !== '');
  if (wanted.length === 0) return [{ text, isFound: false }];
  const pattern = wanted
    .toSorted((a, b) => b.length - a.length)
    .map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('|');
  const parts: HighlightPart[] = [];
  let end = 0;
  for (const found of text.matchAll(new RegExp(pattern, 'giu'))) {
    if (found.index > end) parts.push({ text: text.slice(end, found.index), isFound: false });
    parts.push({ text: found[0], isFound: true });
    end = found.index + found[0].length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), isFound: false });
  return parts;
}
