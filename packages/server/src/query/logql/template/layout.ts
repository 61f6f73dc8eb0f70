/** Parts of Go's time layouts, named by what the layout has in their place. */
export type LayoutPart =
  | { kind: 'literal'; text: string }
  | { kind: 'fraction'; digits: number; trims: boolean; separator: string }
  | { kind: 'std'; std: string };

/** Longest first, for one may begin as another does. https://pkg.go.dev/time#pkg-constants */
const STANDARD: readonly string[] = [
  'January',
  'Jan',
  'Monday',
  'Mon',
  'MST',
  '01',
  '02',
  '03',
  '04',
  '05',
  '06',
  '002',
  '15',
  '1',
  '2006',
  '2',
  '__2',
  '_2',
  '3',
  '4',
  '5',
  'PM',
  'pm',
  '-070000',
  '-07:00:00',
  '-0700',
  '-07:00',
  '-07',
  'Z070000',
  'Z07:00:00',
  'Z0700',
  'Z07:00',
  'Z07',
].sort((left, right) => right.length - left.length);

const MAX_KNOWN_LAYOUTS = 256;
/** Longer layouts, which can only come from events, are not kept. */
const MAX_KEPT_LENGTH = 256;
const known = new Map<string, readonly LayoutPart[]>();

/** A layout's parts; those of the layouts seen last are kept. */
export function layoutParts(layout: string): readonly LayoutPart[] {
  let parts = known.get(layout);
  if (parts === undefined) {
    parts = split(layout);
    if (layout.length > MAX_KEPT_LENGTH) return parts;
    if (known.size >= MAX_KNOWN_LAYOUTS) known.clear();
    known.set(layout, parts);
  }
  return parts;
}

function split(layout: string): LayoutPart[] {
  const parts: LayoutPart[] = [];
  let literal = '';
  for (let at = 0; at < layout.length; ) {
    const part = partAt(layout, at);
    if (part === null) {
      literal += layout.charAt(at);
      at += 1;
      continue;
    }
    const [found, length] = part;
    if (literal !== '') parts.push({ kind: 'literal', text: literal });
    literal = '';
    parts.push(found);
    at += length;
  }
  if (literal !== '') parts.push({ kind: 'literal', text: literal });
  return parts;
}

function partAt(layout: string, at: number): [LayoutPart, number] | null {
  const first = layout.charAt(at);
  if (first === '.' || first === ',') return fractionAt(layout, at);
  // A year that was padded, `_2006`, is an underscore and a year.
  if (layout.startsWith('_2006', at)) return [{ kind: 'literal', text: '_' }, 1];
  const std = STANDARD.find((name) => layout.startsWith(name, at));
  if (std === undefined) return null;
  const isShortName = std === 'Jan' || std === 'Mon';
  if (isShortName && /^[a-z]/.test(layout.slice(at + 3))) return null;
  return [{ kind: 'std', std }, std.length];
}

function fractionAt(layout: string, at: number): [LayoutPart, number] | null {
  const [text, separator = '.', digits = ''] = /^([.,])(0+|9+)(?![0-9])/.exec(layout.slice(at)) ?? [];
  if (text === undefined) return null;
  return [{ kind: 'fraction', digits: digits.length, trims: digits.startsWith('9'), separator }, text.length];
}
