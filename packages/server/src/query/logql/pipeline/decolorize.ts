import type { RowState } from './stage.ts';

const ESCAPE = '\u001b';
const CSI = '\u009b';
const BELL = 7;

/** `| decolorize`: takes ANSI escape sequences out of the line. */
export function decolorize(state: RowState): boolean {
  if (state.line.includes(ESCAPE) || state.line.includes(CSI)) state.line = withoutColors(state.line);
  return true;
}

function withoutColors(line: string): string {
  let text = '';
  let from = 0;
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code !== 0x1b && code !== 0x9b) continue;
    const end = sequenceEnd(line, at + 1);
    if (end === -1) continue;
    text += line.slice(from, at);
    from = end;
    at = end - 1;
  }
  return text + line.slice(from);
}

/** The place behind a sequence whose introducer ends at `start`; -1 where it is none. */
function sequenceEnd(line: string, start: number): number {
  let at = start;
  while (at < line.length && '[]()#;?'.includes(line.charAt(at))) at++;
  const bell = commandEnd(line, at);
  return bell === -1 ? controlEnd(line, at) : bell;
}

/** An operating system command: words apart by semicolons, then BEL. */
function commandEnd(line: string, start: number): number {
  let at = start;
  while (at < line.length && /[A-Za-z0-9;]/.test(line.charAt(at))) at++;
  return line.charCodeAt(at) === BELL ? at + 1 : -1;
}

/** A control sequence: numbers of up to four digits apart by semicolons, then a final character, which may be a digit. */
function controlEnd(line: string, start: number): number {
  let at = digitsEnd(line, start);
  if (at > start) while (line.charAt(at) === ';') at = digitsEnd(line, at + 1);
  if (/[0-9A-PRZcf-nqrty=><~]/.test(line.charAt(at))) return at + 1;
  while (at > start && !/[0-9]/.test(line.charAt(at - 1))) at--;
  return at > start ? at : -1;
}

function digitsEnd(line: string, start: number): number {
  let at = start;
  while (at < start + 4 && /[0-9]/.test(line.charAt(at))) at++;
  return at;
}
