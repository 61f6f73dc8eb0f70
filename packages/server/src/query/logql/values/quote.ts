const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

const PLAIN_ASCII = /^[ !#-[\]-~]*$/;
/** Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols, and of the spaces only U+0020. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Text as Go's strconv.Quote (`%q`) writes it; `asciiOnly` is strconv.QuoteToASCII (`%+q`). */
export function goQuote(text: string, asciiOnly = false): string {
  if (PLAIN_ASCII.test(text)) return `"${text}"`;
  let quoted = '"';
  for (const rune of text) quoted += quoteRune(rune, '"', asciiOnly);
  return `${quoted}"`;
}

/** One code point as Go's strconv.QuoteRune (`%q` of an integer) writes it. */
export function goQuoteRune(codePoint: number, asciiOnly = false): string {
  return `'${quoteRune(String.fromCodePoint(codePoint), "'", asciiOnly)}'`;
}

function quoteRune(rune: string, quote: string, asciiOnly: boolean): string {
  if (rune === quote) return `\\${quote}`;
  const short = SHORT_ESCAPES[rune];
  if (short !== undefined) return short;
  const code = rune.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  if (code < 0x7f) return rune;
  // A lone surrogate cannot be in UTF-8; Go would see the replacement character.
  if (code >= 0xd800 && code <= 0xdfff) return asciiOnly ? '\\ufffd' : '\ufffd';
  if (!asciiOnly && PRINTABLE.test(rune)) return rune;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

/** The quoting of package time's errors: bytes outside of ASCII and control characters become `\xNN`. */
export function quoteInTimeError(text: string): string {
  let quoted = '"';
  for (const byte of Buffer.from(text, 'utf8')) {
    if (byte === 0x22 || byte === 0x5c) quoted += `\\${String.fromCharCode(byte)}`;
    else if (byte < 0x20 || byte >= 0x80) quoted += `\\x${hex(byte, 2)}`;
    else quoted += String.fromCharCode(byte);
  }
  return `${quoted}"`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
