/** Bytes that colour text on a terminal. */
const RESET = '\u001b[0m';
const DIM = '\u001b[2m';
const BOLD = '\u001b[1m';
const COLOURS: Readonly<Record<string, string>> = {
  debug: '\u001b[90m',
  info: '\u001b[36m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
  critical: '\u001b[97;41m',
};

/** Fields that every line has, or that say nothing to who sits before the terminal. */
const NOT_SHOWN = new Set(['timestamp', 'level', 'category', 'logger', 'service', 'host', 'message', 'extra']);

/**
 * A line for people: `12:03:07.123 warn  auth  login failed  user_id=u-1 reason=password`. Texts over several lines, as
 * stacks are, follow below.
 */
export function prettyLine(line: string, colours: boolean): string {
  const event = JSON.parse(line) as Record<string, unknown>;
  const colour = (code: string, text: string) => (colours && text !== '' ? code + text + RESET : text);
  const level = String(event.level);
  const values: string[] = [];
  const blocks: string[] = [];
  const add = (name: string, value: unknown): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) add(`${name}.${key}`, inner);
    } else if (typeof value === 'string' && value.includes('\n')) {
      blocks.push(`\n    ${plain(value).replaceAll('\n', '\n    ')}`);
    } else {
      values.push(`${colour(DIM, `${name}=`)}${typeof value === 'string' ? plain(value) : JSON.stringify(value)}`);
    }
  };
  for (const [name, value] of Object.entries(event)) if (!NOT_SHOWN.has(name)) add(name, value);
  for (const [name, value] of Object.entries((event.extra ?? {}) as object)) add(name, value);
  const head = [
    colour(DIM, String(event.timestamp).slice(11, 23)),
    colour(COLOURS[level] ?? '', level.padEnd(8)),
    colour(BOLD, String(event.logger ?? event.category ?? '').padEnd(10)),
    plain(String(event.message ?? '')),
  ].join(' ');
  return `${head}${values.length === 0 ? '' : `  ${values.join(' ')}`}${blocks.join('')}\n`;
}

/** What an event holds must not steer the terminal: control characters other than line breaks and tabs are shown. */
const CONTROL = /(?![\n\t])\p{Cc}/gu;
const plain = (text: string): string =>
  text.replace(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
