import { CliError, EXIT } from './cli-error.ts';

/** `utc`, or the name of a zone that this machine knows. */
export type TimeZone = 'utc' | (string & {});

/** @throws CliError when there is no such zone. */
export function readTimeZone(text: string): TimeZone {
  if (/^(utc|z)$/i.test(text)) return 'utc';
  if (/^local$/i.test(text)) return Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new CliError(
      EXIT.usage,
      `--tz: there is no time zone \`${text}\`; say utc, local or a name such as Europe/Vienna`,
    );
  }
}

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z$/;

/** A time of the API to the millisecond in the zone, with its offset: `2026-11-21T13:00:00.000+01:00`. What is none stays. */
export function timeText(timestamp: string, zone: TimeZone): string {
  const match = TIME.exec(timestamp);
  if (match === null) return timestamp;
  const [, seconds, fraction = ''] = match as unknown as [string, string, string?];
  const ms = fraction.slice(0, 3).padEnd(3, '0');
  if (zone === 'utc') return `${seconds}.${ms}Z`;
  const date = new Date(`${seconds}Z`);
  const parts = new Map(
    formatOf(zone)
      .formatToParts(date)
      .map(({ type, value }) => [type, value]),
  );
  const offset = (parts.get('timeZoneName') ?? 'GMT').slice('GMT'.length) || '+00:00';
  const [year, month, day, hour, minute, second] = ['year', 'month', 'day', 'hour', 'minute', 'second'].map((part) =>
    parts.get(part as Intl.DateTimeFormatPartTypes),
  );
  return `${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}${offset}`;
}

/** What the clocks of the zone are ahead of UTC at a time, in milliseconds. */
export function offsetMs(timeMs: number, zone: TimeZone): number {
  if (zone === 'utc') return 0;
  const shown = timeText(`${new Date(timeMs).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`, zone);
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(shown)!;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    const two = '2-digit' as const;
    format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, hourCycle: 'h23', timeZoneName: 'longOffset' },
      ...{ year: 'numeric', month: two, day: two, hour: two, minute: two, second: two },
    });
    formats.set(timeZone, format);
  }
  return format;
}
