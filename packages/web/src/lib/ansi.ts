/**
 * Colours that programs write for terminals, as spans with classes of the page's own roles: what was bright yellow on black
 * reads well on white, too. Every other sequence is dropped, so that no message moves a cursor or hides text.
 */
export interface AnsiSpan {
  text: string;
  /** Empty: as the rest of the text. */
  className: string;
}

const ESCAPE = 0x1b;
const CSI = 0x9b;
const BELL = 0x07;

/** The roles that stand for black, red, green, yellow, blue, magenta, cyan and white. */
const COLOURS = ['muted', 'error', 'good', 'warn', 'info', 'critical', 'accent', 'text'] as const;
const TEXT_CLASSES = {
  muted: 'text-muted',
  error: 'text-error',
  good: 'text-good',
  warn: 'text-warn',
  info: 'text-info',
  critical: 'text-critical',
  accent: 'text-accent',
  text: 'text-text',
} as const;
/** A background brings its own text colour, which can be read on it. */
const BACKGROUND_CLASSES = {
  muted: 'bg-line text-text',
  error: 'bg-error-soft text-error',
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  info: 'bg-info-soft text-info',
  critical: 'bg-critical-soft text-critical',
  accent: 'bg-accent-soft text-accent-strong',
  text: 'bg-line text-text',
} as const;
type Colour = (typeof COLOURS)[number];

interface Style {
  colour: Colour | null;
  background: Colour | null;
  isBold: boolean;
  isFaint: boolean;
  isItalic: boolean;
  isUnderlined: boolean;
  isStruck: boolean;
}

const PLAIN: Style = {
  colour: null,
  background: null,
  isBold: false,
  isFaint: false,
  isItalic: false,
  isUnderlined: false,
  isStruck: false,
};

export const hasAnsi = (text: string): boolean => text.includes('\u001b') || text.includes('\u009b');

/** The text in spans of one look each. */
export function parseAnsi(text: string): AnsiSpan[] {
  if (!hasAnsi(text)) return [{ text, className: '' }];
  const spans: AnsiSpan[] = [];
  let style = PLAIN;
  let className = '';
  const add = (part: string) => {
    const last = spans.at(-1);
    if (part === '') return;
    if (last?.className === className) last.text += part;
    else spans.push({ text: part, className });
  };
  let start = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code !== ESCAPE && code !== CSI) {
      at += 1;
      continue;
    }
    add(text.slice(start, at));
    const { end, graphics } = sequenceAt(text, at);
    if (graphics !== null) {
      style = applyGraphics(style, graphics);
      className = classOf(style);
    }
    at = end;
    start = end;
  }
  add(text.slice(start));
  return spans;
}

export const stripAnsi = (text: string): string =>
  parseAnsi(text)
    .map((span) => span.text)
    .join('');

interface Sequence {
  /** Just behind it. */
  end: number;
  /** Parameters of a sequence that sets how text looks. */
  graphics: string | null;
}

/** The control sequence at `at`; https://ecma-international.org/publications-and-standards/standards/ecma-48/ */
function sequenceAt(text: string, at: number): Sequence {
  if (text.charCodeAt(at) === CSI) return controlSequence(text, at + 1);
  const kind = text[at + 1];
  if (kind === '[') return controlSequence(text, at + 2);
  // Strings: a title, a link, anything else a terminal is told.
  if (kind !== undefined && ']PX^_'.includes(kind)) return { end: stringEnd(text, at + 2), graphics: null };
  let end = at + 1;
  while (isBetween(text, end, 0x20, 0x2f)) end += 1;
  return { end: isBetween(text, end, 0x30, 0x7e) ? end + 1 : end, graphics: null };
}

function controlSequence(text: string, from: number): Sequence {
  let end = from;
  while (isBetween(text, end, 0x20, 0x3f)) end += 1;
  if (!isBetween(text, end, 0x40, 0x7e)) return { end, graphics: null };
  return { end: end + 1, graphics: text[end] === 'm' ? text.slice(from, end) : null };
}

function stringEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BELL) return at + 1;
    if (code === ESCAPE) return text[at + 1] === '\\' ? at + 2 : at;
  }
  return text.length;
}

function isBetween(text: string, at: number, low: number, high: number): boolean {
  const code = text.charCodeAt(at);
  return code >= low && code <= high;
}

function applyGraphics(before: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map((part) => (part === '' ? 0 : Number(part)));
  const style = { ...before };
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at]!;
    if (code === 38 || code === 48) {
      const { colour, length } = extendedColour(codes, at + 1);
      if (code === 38) style.colour = colour;
      else style.background = colour;
      at += length;
    } else applyCode(style, code);
  }
  return style;
}

function applyCode(style: Style, code: number): void {
  if (code === 0) Object.assign(style, PLAIN);
  else if (code === 1) style.isBold = true;
  else if (code === 2) style.isFaint = true;
  else if (code === 3) style.isItalic = true;
  else if (code === 4 || code === 21) style.isUnderlined = true;
  else if (code === 9) style.isStruck = true;
  else if (code === 22) Object.assign(style, { isBold: false, isFaint: false });
  else if (code === 23) style.isItalic = false;
  else if (code === 24) style.isUnderlined = false;
  else if (code === 29) style.isStruck = false;
  else if (code === 39) style.colour = null;
  else if (code === 49) style.background = null;
  else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) style.colour = COLOURS[code % 10]!;
  else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) style.background = COLOURS[code % 10]!;
}

/** `5;n` of 256 colours or `2;r;g;b`, as the role nearest to it. */
function extendedColour(codes: readonly number[], at: number): { colour: Colour | null; length: number } {
  if (codes[at] === 5) return { colour: paletteColour(codes[at + 1] ?? 0), length: 2 };
  if (codes[at] === 2) {
    const [red = 0, green = 0, blue = 0] = codes.slice(at + 1, at + 4);
    return { colour: nearestColour(red, green, blue), length: 4 };
  }
  return { colour: null, length: codes.length };
}

function paletteColour(index: number): Colour {
  if (index < 16) return COLOURS[index % 8]!;
  if (index >= 232) return index < 244 ? 'muted' : 'text';
  const cube = index - 16;
  const level = (step: number) => (Math.floor(cube / step) % 6) * 51;
  return nearestColour(level(36), level(6), level(1));
}

/** Which of red, green and blue are there says which of the eight it is. */
function nearestColour(red: number, green: number, blue: number): Colour {
  const max = Math.max(red, green, blue);
  const min = Math.min(red, green, blue);
  if (max - min < 40) return max < 128 ? 'muted' : 'text';
  const isIn = (part: number) => part - min > (max - min) / 2;
  return COLOURS[(isIn(red) ? 1 : 0) + (isIn(green) ? 2 : 0) + (isIn(blue) ? 4 : 0)]!;
}

function classOf(style: Style): string {
  const { colour, background, isBold, isFaint, isItalic, isUnderlined, isStruck } = style;
  const classes = [
    background !== null ? BACKGROUND_CLASSES[background] : colour === null ? '' : TEXT_CLASSES[colour],
    isBold && 'font-bold',
    // A colour made fainter could not be read.
    isFaint && colour === null && background === null && 'text-muted',
    isItalic && 'italic',
    isUnderlined && 'underline',
    isStruck && 'line-through',
  ];
  return classes.filter(Boolean).join(' ');
}
