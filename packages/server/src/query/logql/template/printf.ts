import { goQuote, goQuoteRune } from '../values/index.ts';
import { formatFloatVerb } from './float.ts';
import { type Format, pad } from './format.ts';
import { checkTextLength } from './limits.ts';
import { plainText } from './print.ts';
import { GoTime } from './time.ts';
import { GoInt, type GoValue, isArray, isLabelMap, sortedEntries, typeName } from './value.ts';

/** Go takes no wider widths and no longer precisions from arguments. */
const MAX_WIDTH = 1_000_000;
const FORMATS_WITHOUT_BRACKETS = /^[^%]*$/;

/** Go's fmt.Sprintf. Faults are told in the text, as there: `%!d(string=x)`, `%!s(MISSING)`, `%!(EXTRA int=1)`. */
export function sprintf(format: string, args: readonly GoValue[]): string {
  if (args.length === 0 && FORMATS_WITHOUT_BRACKETS.test(format)) return format;
  return new Printer(format, args).run();
}

class Printer {
  private readonly text: string;
  private readonly args: readonly GoValue[];
  private at = 0;
  private argument = 0;
  private reordered = false;
  private goodIndex = true;
  private afterIndex = false;
  private output = '';

  constructor(text: string, args: readonly GoValue[]) {
    this.text = text;
    this.args = args;
  }

  run(): string {
    while (this.at < this.text.length) {
      const percent = this.text.indexOf('%', this.at);
      const end = percent === -1 ? this.text.length : percent;
      this.output += this.text.slice(this.at, end);
      this.at = end + 1;
      if (percent !== -1) this.output += this.directive();
      checkTextLength(this.output.length);
    }
    return this.output + this.extra();
  }

  private directive(): string {
    const format: Format = {
      plus: false,
      minus: false,
      sharp: false,
      space: false,
      zero: false,
      goSyntax: false,
      width: null,
      precision: null,
    };
    this.goodIndex = true;
    this.afterIndex = false;
    const faults = this.flags(format) + this.width(format) + this.precision(format);
    if (!this.afterIndex) this.index();
    const code = this.text.codePointAt(this.at);
    if (code === undefined) return `${faults}%!(NOVERB)`;
    const verb = String.fromCodePoint(code);
    this.at += verb.length;
    if (verb === '%') return `${faults}%`;
    if (!this.goodIndex) return `${faults}%!${verb}(BADINDEX)`;
    if (this.argument >= this.args.length) return `${faults}%!${verb}(MISSING)`;
    const value = this.args[this.argument];
    this.argument += 1;
    // Plus and sharp ask %v for names of fields and for Go syntax, not for signs and prefixes.
    if (verb === 'v') {
      format.goSyntax = format.sharp;
      format.plus = false;
      format.sharp = false;
    }
    return faults + formatValue(value, verb, format);
  }

  private flags(format: Format): string {
    for (; ; this.at += 1) {
      switch (this.text[this.at]) {
        case '+':
          format.plus = true;
          break;
        case '-':
          format.minus = true;
          break;
        case '#':
          format.sharp = true;
          break;
        case ' ':
          format.space = true;
          break;
        case '0':
          format.zero = true;
          break;
        default:
          return '';
      }
    }
  }

  private width(format: Format): string {
    this.index();
    if (this.text[this.at] === '*') {
      this.at += 1;
      const value = this.starred();
      this.afterIndex = false;
      if (value === null) return '%!(BADWIDTH)';
      format.width = Math.abs(value);
      if (value < 0) {
        format.minus = true;
        format.zero = false;
      }
      return '';
    }
    format.width = this.number();
    if (this.afterIndex && format.width !== null) this.goodIndex = false;
    return '';
  }

  private precision(format: Format): string {
    if (this.text[this.at] !== '.') return '';
    this.at += 1;
    if (this.afterIndex) this.goodIndex = false;
    this.index();
    if (this.text[this.at] === '*') {
      this.at += 1;
      const value = this.starred();
      this.afterIndex = false;
      if (value === null) return '%!(BADPREC)';
      if (value >= 0) format.precision = value;
      return value < 0 ? '%!(BADPREC)' : '';
    }
    format.precision = this.number() ?? 0;
    return '';
  }

  /** A `*`: the argument is the number; null when it is none, or too large. */
  private starred(): number | null {
    const value = this.args[this.argument];
    if (this.argument < this.args.length) this.argument += 1;
    if (!(value instanceof GoInt)) return null;
    const number = Number(value.value);
    return Math.abs(number) > MAX_WIDTH ? null : number;
  }

  /** Digits; Go gives up on numbers far beyond a million, here they are over the limit of a text already. */
  private number(): number | null {
    const start = this.at;
    while (/[0-9]/.test(this.text[this.at] ?? '')) this.at += 1;
    if (this.at === start) return null;
    const value = Number(this.text.slice(start, this.at));
    checkTextLength(value);
    return value;
  }

  /** `[2]`: which argument comes next. */
  private index(): void {
    if (this.text[this.at] !== '[') return;
    this.reordered = true;
    const close = this.text.indexOf(']', this.at);
    const digits = close === -1 ? '' : this.text.slice(this.at + 1, close);
    this.at = close === -1 ? this.at + 1 : close + 1;
    const index = /^[0-9]+$/.test(digits) ? Number(digits) : 0;
    if (index >= 1 && index <= this.args.length) {
      this.argument = index - 1;
      this.afterIndex = true;
    } else this.goodIndex = false;
  }

  private extra(): string {
    if (this.reordered || this.argument >= this.args.length) return '';
    const rest = this.args
      .slice(this.argument)
      .map((value) => (isNil(value) ? '<nil>' : `${typeName(value)}=${plainText(value)}`));
    return `%!(EXTRA ${rest.join(', ')})`;
  }
}

function isNil(value: GoValue): value is null | undefined {
  return value === null || value === undefined;
}

function formatValue(value: GoValue, verb: string, format: Format): string {
  if (verb === 'T') return pad(cut(isNil(value) ? '<nil>' : typeName(value), format), format);
  if (isNil(value)) return verb === 'v' ? pad('<nil>', format) : badVerb(value, verb, format);
  if (value instanceof GoTime) return formatStringer(value, value.toString(), verb, format);
  if (typeof value === 'string') return formatString(value, value, verb, format);
  if (typeof value === 'boolean')
    return verb === 't' || verb === 'v' ? pad(String(value), format) : badVerb(value, verb, format);
  if (typeof value === 'number') return formatFloatVerb(value, verb, format) ?? badVerb(value, verb, format);
  if (value instanceof GoInt) {
    const isNamed = value.type.startsWith('time.');
    return isNamed && 'vsxXq'.includes(verb)
      ? formatString(value, plainText(value), verb, format)
      : formatInt(value, verb, format);
  }
  if (isArray(value)) return `[${joined(value, (element) => formatElement(element, verb, format))}]`;
  const entries = sortedEntries(isLabelMap(value) ? value : value.entries);
  const entryText = ([key, element]: (typeof entries)[number]) =>
    `${formatString(key, key, verb, format)}:${formatElement(element, verb, format)}`;
  return `map[${joined(entries, entryText)}]`;
}

/** Each element has the width: a wide one makes a long text of a short list. */
function joined<T>(elements: readonly T[], textOf: (element: T) => string): string {
  let text = '';
  for (const [index, element] of elements.entries()) {
    text += (index === 0 ? '' : ' ') + textOf(element);
    checkTextLength(text.length);
  }
  return text;
}

/** Inside of a collection a nil is `<nil>` for every verb. */
function formatElement(value: GoValue, verb: string, format: Format): string {
  return isNil(value) ? '<nil>' : formatValue(value, verb, format);
}

function formatStringer(value: GoValue, text: string, verb: string, format: Format): string {
  return 'vsxXq'.includes(verb) ? formatString(value, text, verb, format) : badVerb(value, verb, format);
}

/** A verb that the value has no form for: its type, and the value as %v has it with the same flags. */
function badVerb(value: GoValue, verb: string, format: Format): string {
  if (isNil(value)) return `%!${verb}(<nil>)`;
  const text = value instanceof GoInt ? formatInt(value, 'v', format) : formatValue(value, 'v', format);
  return `%!${verb}(${typeName(value)}=${text})`;
}

function cut(text: string, { precision }: Format): string {
  return precision === null || text.length <= precision ? text : [...text].slice(0, precision).join('');
}

function formatString(value: GoValue, text: string, verb: string, format: Format): string {
  switch (verb) {
    case 'v':
      return format.goSyntax ? pad(goQuote(text), format) : pad(cut(text, format), format);
    case 's':
      return pad(cut(text, format), format);
    case 'q':
      return quoted(cut(text, format), format);
    case 'x':
    case 'X':
      return pad(hexText(text, verb, format), format);
    default:
      return badVerb(value, verb, format);
  }
}

function quoted(text: string, format: Format): string {
  return pad(format.sharp && canBackquote(text) ? `\`${text}\`` : goQuote(text, format.plus), format);
}

/** strconv.CanBackquote: no backquote, byte order mark or control character but the tab. */
function canBackquote(text: string): boolean {
  return (
    !text.includes('`') &&
    !text.includes('\ufeff') &&
    !/\p{Cc}/u.test(text.replaceAll('\t', '').replace(/[\u0080-\u009f]/g, ''))
  );
}

function hexText(text: string, verb: string, { precision, sharp, space }: Format): string {
  const bytes = Buffer.from(text);
  const digits = bytes.subarray(0, precision ?? bytes.length).toString('hex');
  const prefix = sharp && digits !== '' ? '0x' : '';
  const hex = space ? prefix + (digits.match(/../g) ?? []).join(` ${prefix}`) : prefix + digits;
  return verb === 'X' ? hex.toUpperCase() : hex;
}

function formatInt(value: GoInt, verb: string, format: Format): string {
  switch (verb) {
    case 'v':
    case 'd':
      return integer(value.value, 10, verb, format);
    case 'b':
      return integer(value.value, 2, verb, format);
    case 'o':
    case 'O':
      return integer(value.value, 8, verb, format);
    case 'x':
    case 'X':
      return integer(value.value, 16, verb, format);
    case 'c':
      return pad(runeOf(value.value), format);
    case 'q':
      return pad(goQuoteRune(runeOf(value.value).codePointAt(0) ?? 0, format.plus), format);
    case 'U':
      return unicode(value.value, format);
    default:
      return badVerb(value, verb, format);
  }
}

const PREFIXES: Readonly<Record<string, string>> = { b: '0b', o: '0', x: '0x', X: '0X' };

function integer(value: bigint, base: number, verb: string, format: Format): string {
  const isNegative = value < 0n;
  let digits = (isNegative ? -value : value).toString(base);
  let precision = format.precision ?? 0;
  if (format.precision === 0 && value === 0n) return ' '.repeat(format.width ?? 0);
  if (format.precision === null && format.zero && !format.minus && format.width !== null)
    precision = format.width - (isNegative || format.plus || format.space ? 1 : 0);
  digits = digits.padStart(precision, '0');
  if (verb === 'X') digits = digits.toUpperCase();
  if (verb === 'O') digits = `0o${format.sharp ? '0' : ''}${digits}`;
  else if (format.sharp && !(verb === 'o' && digits.startsWith('0'))) digits = (PREFIXES[verb] ?? '') + digits;
  const sign = isNegative ? '-' : format.plus ? '+' : format.space ? ' ' : '';
  return pad(sign + digits, { ...format, zero: false });
}

function runeOf(value: bigint): string {
  const isRune = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
  return isRune ? String.fromCodePoint(Number(value)) : '\ufffd';
}

function unicode(value: bigint, format: Format): string {
  const digits = BigInt.asUintN(64, value)
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(4, format.precision ?? 0), '0');
  const rune = runeOf(value);
  const shown = format.sharp && goQuoteRune(rune.codePointAt(0) ?? 0).length <= rune.length + 2 ? ` '${rune}'` : '';
  return pad(`U+${digits}${shown}`, { ...format, zero: false });
}
