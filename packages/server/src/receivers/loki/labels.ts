/** A stream's labels, sorted by name, without those whose value is empty. */
export type Labels = readonly (readonly [name: string, value: string])[];

/** Loki's defaults, https://grafana.com/docs/loki/latest/configure/#limits_config */
export const LABEL_NAME_BYTES_MAX = 1024;
export const LABEL_VALUE_BYTES_MAX = 2048;

/** What is wrong with labels, in Loki's words. */
export class LabelsError extends Error {}

/** Longest piece of a request that an error repeats, in characters. */
const SHOWN_MAX = 512;

export function shown(text: string): string {
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`;
}

/** Sorts and checks labels. Throws LabelsError. */
export function checkLabels(pairs: [string, string][], labelsMax: number): Labels {
  const labels = pairs.filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const stream = shown(labelsText(labels));
  if (labels.length > labelsMax) {
    throw new LabelsError(`entry for stream '${stream}' has ${labels.length} label names; limit ${labelsMax}`);
  }
  labels.forEach(([name, value], i) => {
    if (Buffer.byteLength(name) > LABEL_NAME_BYTES_MAX) {
      throw new LabelsError(`stream '${stream}' has label name too long: '${shown(name)}'`);
    }
    if (Buffer.byteLength(value) > LABEL_VALUE_BYTES_MAX) {
      throw new LabelsError(`stream '${stream}' has label value too long: '${shown(value)}'`);
    }
    if (i > 0 && labels[i - 1][0] === name) {
      throw new LabelsError(`stream '${stream}' has duplicate label name: '${name}'`);
    }
  });
  return labels;
}

/** Labels as Loki writes them: `{app="web", env="prod"}`. */
export function labelsText(labels: Labels): string {
  return `{${labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
}

/** Labels as the event's `labels` column holds them: a JSON object, names sorted. */
export function labelsJson(labels: Labels): string {
  return `{${labels.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

const NAME = /[^\s={},"`!~]+/y;
const SPACE = /\s*/y;
const QUOTED = /"(?:[^"\\\n]|\\.)*"/y;
const RAW = /`[^`]*`/y;

/** Reads the label text of a stream, `{app="web", env="prod"}`: a selector that knows only `=`. Throws LabelsError. */
export function parseLabelText(text: string): [string, string][] {
  if (text.trim() === '') throw new LabelsError('error at least one label pair is required per stream');
  const pairs: [string, string][] = [];
  let position = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (match === null) return null;
    position += match[0].length;
    return match[0];
  };
  const expectText = (expected: string): void => {
    take(SPACE);
    if (!text.startsWith(expected, position)) fail(text, position, `expected "${expected}"`);
    position += expected.length;
    take(SPACE);
  };
  const string = (): string | null => {
    const quoted = take(QUOTED);
    return quoted === null ? (take(RAW)?.slice(1, -1) ?? null) : unquote(quoted, text, position);
  };
  take(SPACE);
  expectText('{');
  while (!text.startsWith('}', position)) {
    const name = take(NAME) ?? string() ?? fail(text, position, 'expected a label name');
    expectText('=');
    pairs.push([name, string() ?? fail(text, position, 'expected a value in quotes')]);
    take(SPACE);
    if (!text.startsWith('}', position)) expectText(',');
  }
  position++;
  take(SPACE);
  if (position < text.length) fail(text, position, 'expected nothing behind "}"');
  return pairs;
}

/** Reads a stream's labels from its JSON object. Throws LabelsError. */
export function parseLabelObject(json: string): [string, string][] {
  return Object.entries(JSON.parse(json)).map(([name, value]): [string, string] => {
    if (typeof value !== 'string') {
      throw new LabelsError(`error parsing labels '${shown(json)}' with error: the value of '${name}' is no string`);
    }
    return [name, value];
  });
}

function fail(text: string, position: number, error: string): never {
  throw new LabelsError(`error parsing labels '${shown(text)}' with error: ${error} at character ${position}`);
}

/** Escapes of Go's string literals: https://go.dev/ref/spec#Rune_literals */
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/g;
const SHORT_ESCAPES: Record<string, string> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/** \x and octal escapes are bytes of UTF-8; they are put together as bytes. */
function unquote(quoted: string, text: string, position: number): string {
  const body = quoted.slice(1, -1);
  if (!body.includes('\\')) return body;
  const parts: Buffer[] = [];
  let last = 0;
  for (const match of body.matchAll(ESCAPE)) {
    const [whole, hex, unicode, longUnicode, octal, short] = match;
    parts.push(Buffer.from(body.slice(last, match.index)));
    last = match.index + whole.length;
    const byte = hex !== undefined ? Number.parseInt(hex, 16) : octal !== undefined ? Number.parseInt(octal, 8) : -1;
    if (byte >= 0) {
      parts.push(Buffer.of(byte & 0xff));
    } else if (short === undefined) {
      const code = Number.parseInt(unicode ?? longUnicode, 16);
      if (code > 0x10ffff) fail(text, position, 'expected a Unicode character');
      parts.push(Buffer.from(String.fromCodePoint(code)));
    } else if (Object.hasOwn(SHORT_ESCAPES, short)) {
      parts.push(Buffer.from(SHORT_ESCAPES[short]));
    } else {
      fail(text, position, `expected an escape that Go knows, not \\${short}`);
    }
  }
  parts.push(Buffer.from(body.slice(last)));
  return Buffer.concat(parts).toString();
}
