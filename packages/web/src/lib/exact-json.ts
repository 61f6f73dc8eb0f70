/**
 * JSON with every digit that came in: numbers that JavaScript would round are kept as their text. Attributes are what
 * programs log, ids of 64 bits among them.
 */
export class ExactNumber {
  /** As the JSON had it. */
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  toString(): string {
    return this.source;
  }
}

/** Only a number this long can lose digits; exponents may overflow. Most answers have none and take the fast way. */
const MAY_LOSE_DIGITS = /[:,[]\s*-?(?:\d[\d.]{15,}|[\d.]+[eE])/;

/** Reads JSON; a number that does not survive as one becomes an ExactNumber. Throws SyntaxError. */
export function parseExact(text: string): unknown {
  if (!MAY_LOSE_DIGITS.test(text)) return JSON.parse(text);
  return JSON.parse(text, exactValue as (key: string, value: unknown) => unknown);
}

/** Browsers give the source of a primitive as a third argument; those that do not have what they have. */
function exactValue(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return isSame(context.source, value) ? value : new ExactNumber(context.source);
}

/** Whether the number says what its text says, whichever way it is written: `1.50`, `1e3`. */
function isSame(source: string, value: number): boolean {
  if (String(value) === source) return true;
  return Number.isFinite(value) && plainDigits(source) === plainDigits(String(value));
}

/** Significant digits and power of ten: `1.50` and `15e-1` are `15e-1`. */
function plainDigits(text: string): string {
  const [mantissa = '', power = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return '0';
  return `${text.startsWith('-') ? '-' : ''}${kept}e${Number(power) - fraction.length + (digits.length - kept.length)}`;
}

/** A value as pretty JSON, indented by two. */
export function prettyJson(value: unknown, indent = ''): string {
  if (value instanceof ExactNumber) return value.source;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const inner = `${indent}  `;
  const isArray = Array.isArray(value);
  const parts = isArray
    ? value.map((item) => inner + prettyJson(item, inner))
    : Object.entries(value).map(([name, item]) => `${inner}${JSON.stringify(name)}: ${prettyJson(item, inner)}`);
  const [open, close] = isArray ? '[]' : '{}';
  return parts.length === 0 ? `${open}${close}` : `${open}\n${parts.join(',\n')}\n${indent}${close}`;
}
