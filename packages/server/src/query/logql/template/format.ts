/** A verb's flags, width and precision, as in Go's package fmt. */
export interface Format {
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  /** `%#v`: as Go source has it. */
  goSyntax: boolean;
  width: number | null;
  precision: number | null;
}

/** Pads to the width, counted in runes; zeros only stand on the left. */
export function pad(text: string, format: Format): string {
  const missing = format.width === null ? 0 : format.width - runeCount(text);
  if (missing <= 0) return text;
  if (format.minus) return text + ' '.repeat(missing);
  return (format.zero ? '0' : ' ').repeat(missing) + text;
}

function runeCount(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0xdc00 || unit > 0xdfff) count += 1;
  }
  return count;
}
