// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to go
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** The text without the codes that colour it in a terminal. */
export const withoutEscapes = (text: string): string => text.replace(ESCAPES, '');

/** The first line that says something, cut where a row has no room for more. */
export function firstLine(text: string, charsMax = 300): string {
  const plain = withoutEscapes(text.slice(0, 4 * charsMax)).trimStart();
  const end = plain.search(/[\r\n]/);
  const line = end === -1 ? plain : plain.slice(0, end);
  return line.length > charsMax ? `${line.slice(0, charsMax)}…` : line;
}
