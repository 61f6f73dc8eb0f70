import { stripAnsi } from './ansi.ts';

/** The first line that says something, without colours, cut where a row has no room for more. */
export function firstLine(text: string, charsMax = 300): string {
  const plain = stripAnsi(text.slice(0, 4 * charsMax)).trimStart();
  const end = plain.search(/[\r\n]/);
  const line = end === -1 ? plain : plain.slice(0, end);
  return line.length > charsMax ? `${line.slice(0, charsMax)}…` : line;
}
