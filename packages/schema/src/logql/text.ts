/** Go's string literals: https://go.dev/ref/spec#String_literals and strconv.Quote. */

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
const ESCAPE_OF = new Map(Object.entries(ESCAPES).map(([letter, character]) => [character, `\\${letter}`]));
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** `text` as Go's `%q` writes it. */
export function goQuote(text: string): string {
  let quoted = '"';
  for (const character of text) quoted += quoteCharacter(character);
  return `${quoted}"`;
}

function quoteCharacter(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  const known = ESCAPE_OF.get(character);
  if (known !== undefined) return known;
  if (PRINTABLE.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  // A lone surrogate has no place in UTF-8.
  if (code >= 0xd800 && code <= 0xdfff) return '�';
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}

const DIGITS_OF: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/**
 * What stands between the quotes of an interpreted literal, unescaped; null where Go's Unquote answers "invalid syntax".
 * `\xNN` and `\NNN` are bytes: a run of them is read as UTF-8.
 */
export function unescapeGo(body: string): string | null {
  if (!body.includes('\\')) return body;
  let text = '';
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length > 0) text += new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array(bytes));
    bytes = [];
  };
  for (let at = 0; at < body.length; ) {
    const character = body.charAt(at);
    if (character !== '\\') {
      flush();
      text += character;
      at += 1;
      continue;
    }
    const letter = body.charAt(at + 1);
    const width = DIGITS_OF[letter] ?? 0;
    if (letter === 'x' || (letter >= '0' && letter <= '7')) {
      const byte =
        letter === 'x'
          ? Number.parseInt(body.slice(at + 2, at + 4), 16)
          : Number.parseInt(body.slice(at + 1, at + 4), 8);
      if (!(byte <= 255)) return null;
      bytes.push(byte);
      at += 4;
      continue;
    }
    flush();
    if (width > 0) {
      const code = Number.parseInt(body.slice(at + 2, at + 2 + width), 16);
      if (!(code <= 0x10ffff)) return null;
      text += code >= 0xd800 && code <= 0xdfff ? '�' : String.fromCodePoint(code);
    } else {
      text += ESCAPES[letter] ?? letter;
    }
    at += 2 + width;
  }
  flush();
  return text;
}

/** Length in UTF-8. */
export function byteLength(text: string): number {
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}
