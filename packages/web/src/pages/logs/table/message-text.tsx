import { memo } from 'react';
import { parseAnsi } from '../../../lib/ansi.ts';
import { highlightParts } from '../../../lib/highlight.ts';

interface MessageTextProps {
  text: string;
  /** Words that were searched for. */
  words: readonly string[];
  /** One line: breaks are shown as a sign. */
  isOneLine?: boolean;
  /** Characters that are shown at most. */
  lengthMax?: number;
}

/** Text of an event as it is meant to be read: with its colours, and what was searched for marked. Always text, never HTML. */
export const MessageText = memo(function MessageText({
  text,
  words,
  isOneLine = false,
  lengthMax = Number.POSITIVE_INFINITY,
}: MessageTextProps) {
  const cut = text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text;
  const shown = isOneLine ? cut.replaceAll(/\s*[\r\n]+\s*/g, ' ↵ ') : cut;
  const spans = parseAnsi(shown);
  if (spans.length === 1 && spans[0]!.className === '' && words.length === 0) return spans[0]!.text;
  return withStarts(spans).map(({ start, className, text: part }) => (
    <span key={start} className={className || undefined}>
      {withStarts(highlightParts(part, words)).map(({ start: at, text: piece, isFound }) =>
        isFound ? (
          <mark key={at} className="rounded-xs bg-mark text-text">
            {piece}
          </mark>
        ) : (
          piece
        ),
      )}
    </span>
  ));
});

/** Parts with the place at which each begins: what tells them apart. */
function withStarts<Part extends { text: string }>(parts: readonly Part[]): (Part & { start: number })[] {
  let start = 0;
  return parts.map((part) => {
    const placed = { ...part, start };
    start += part.text.length;
    return placed;
  });
}
