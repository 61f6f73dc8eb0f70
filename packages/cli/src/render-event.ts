import { styleText } from 'node:util';
import { isObject, type JsonObject, textOf } from './json.ts';
import { padRight, textWidth } from './text-width.ts';
import { type TimeZone, timeText } from './time-zone.ts';

/** Styles of util.styleText by severity. */
const SEVERITY_STYLE: Readonly<Record<string, Parameters<typeof styleText>[0]>> = {
  debug: 'gray',
  info: 'green',
  warn: 'yellow',
  error: 'red',
  critical: ['bold', 'red'],
};
/** Fields printed behind the message where they hold something, then the metadata. */
const DETAIL_FIELDS = [
  'user_id',
  'resource_type',
  'resource_id',
  'action',
  'duration_ms',
  'cost',
  'request_id',
  'trace_id',
  'span_id',
];
const TIME_CHARACTERS = '2026-01-01T00:00:00.000Z'.length;
const SEVERITY_CHARACTERS = 'critical'.length;
/** A column grows with what it holds up to this, so that one long name does not push all messages away. */
const COLUMN_CHARACTERS_MAX = 24;

/**
 * Text that a terminal shows as it is: what steers a terminal (escape sequences, line ends) or turns the direction of
 * writing is shown as an escape. Whoever can log could otherwise forge lines or worse on an operator's screen.
 */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}

/** A value behind `key=`, quoted where it would not be one word. */
function detailText(value: unknown): string {
  if (typeof value !== 'string') return plainText(JSON.stringify(value));
  return /^[^\s"=]+$/.test(value) ? plainText(value) : plainText(JSON.stringify(value));
}

function detailsOf(event: JsonObject): [string, unknown][] {
  const fields = DETAIL_FIELDS.map((field): [string, unknown] => [field, event[field]]);
  const metadata = isObject(event.metadata) ? Object.entries(event.metadata) : [];
  return [...fields, ...metadata].filter(([, value]) => value !== undefined && value !== null && value !== '');
}

/** Renders events as lines `time severity service log_type/event_type message key=value…`, columns aligned. */
export class EventRenderer {
  readonly #isColoured: boolean;
  readonly #zone: TimeZone;
  readonly #textMax: number;
  #serviceWidth = 0;
  #typeWidth = 0;

  /** `textMax`: characters of the message, and of each value, beyond which it is cut. */
  constructor(isColoured: boolean, zone: TimeZone = 'utc', textMax = Number.POSITIVE_INFINITY) {
    this.#isColoured = isColoured;
    this.#zone = zone;
    this.#textMax = textMax;
  }

  /** Makes columns wide enough for these events, so that none of them moves what stands below it. */
  measure(events: readonly JsonObject[]): void {
    for (const event of events) {
      this.#serviceWidth = widened(this.#serviceWidth, plainText(textOf(event, 'service')));
      this.#typeWidth = widened(this.#typeWidth, typeText(event));
    }
  }

  /** One line without its end. Fields that are missing leave their column empty. */
  render(event: JsonObject): string {
    this.measure([event]);
    const severity = plainText(textOf(event, 'severity'));
    const service = plainText(textOf(event, 'service'));
    const type = typeText(event);
    const columns = [
      this.#style('gray', plainText(timeText(textOf(event, 'timestamp'), this.#zone)).padEnd(TIME_CHARACTERS)),
      this.#style(SEVERITY_STYLE[severity] ?? 'reset', severity.padEnd(SEVERITY_CHARACTERS)),
      this.#style('cyan', padRight(service, this.#serviceWidth)),
      this.#style('magenta', padRight(type, this.#typeWidth)),
      this.#cut(plainText(textOf(event, 'message'))),
      ...detailsOf(event).map(
        ([key, value]) => `${this.#style('gray', `${plainText(key)}=`)}${this.#cut(detailText(value))}`,
      ),
    ];
    return columns.filter((column) => column !== '').join(' ');
  }

  #cut(text: string): string {
    if (text.length <= this.#textMax) return text;
    const more = (text.length - this.#textMax).toLocaleString('en-US');
    return `${text.slice(0, this.#textMax).toWellFormed()}… (${more} more characters: --json)`;
  }

  #style(style: Parameters<typeof styleText>[0], text: string): string {
    return this.#isColoured && text !== '' ? styleText(style, text, { validateStream: false }) : text;
  }
}

const typeText = (event: JsonObject): string =>
  plainText([textOf(event, 'log_type'), textOf(event, 'event_type')].filter((part) => part !== '').join('/'));

function widened(width: number, text: string): number {
  return Math.max(width, Math.min(textWidth(text), COLUMN_CHARACTERS_MAX));
}
