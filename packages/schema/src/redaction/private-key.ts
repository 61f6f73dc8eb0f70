import { eachMatch, type FindSpans } from './spans.ts';

/** https://www.rfc-editor.org/rfc/rfc7468, and the same for OpenSSH and PGP. */
const BEGIN_OR_END = /-{4,5}(BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?(?:-{1,5})?/g;
/** Characters of base64 that a line of a key's body has at least; the last line may be shorter. */
const BODY_LINE_MIN = 32;

/**
 * PEM blocks from BEGIN to END. Without an END (the text was cut) everything behind BEGIN goes; without a BEGIN, the
 * lines of base64 before END. Lines of a key that were sent as texts of their own cannot be told from other base64.
 */
export const findPrivateKeys: FindSpans = (text, rule, spans) => {
  let open = -1;
  let done = 0;
  eachMatch(BEGIN_OR_END, text, (match) => {
    if (match[1] === 'BEGIN') {
      if (open < 0) open = match.index;
      return;
    }
    const start = open >= 0 ? open : bodyStart(text, done, match.index);
    done = match.index + match[0].length;
    spans.push({ start, end: done, rule });
    open = -1;
  });
  if (open >= 0) spans.push({ start: open, end: text.length, rule });
};

/** Where the lines of base64 that end at `end` start, not before `from`: the last may be short, the others not. */
function bodyStart(text: string, from: number, end: number): number {
  let start = end;
  for (let p = end, line = 0; ; line++) {
    const lineEnd = skipLineBreaks(text, from, p);
    p = lineEnd;
    while (p > from && isBase64(text.charCodeAt(p - 1))) p--;
    // A break written as the escape `\n` has its letter at the front of this line.
    if (p > from && text[p - 1] === '\\' && (text[p] === 'n' || text[p] === 'r')) p++;
    if (lineEnd - p >= BODY_LINE_MIN) start = p;
    else if (line > 0 || p >= lineEnd) return start;
  }
}

function skipLineBreaks(text: string, from: number, end: number): number {
  let p = end;
  while (p > from) {
    if (text.charCodeAt(p - 1) <= 32) p--;
    else if ((text[p - 1] === 'n' || text[p - 1] === 'r') && p - 2 >= from && text[p - 2] === '\\') p -= 2;
    else break;
  }
  return p;
}

function isBase64(code: number): boolean {
  const lower = code | 32;
  return (lower >= 97 && lower <= 122) || (code >= 47 && code <= 57) || code === 43 || code === 61;
}
