import { type Command, Option } from 'commander';
import { CliError, EXIT } from './cli-error.ts';
import { offsetMs, type TimeZone } from './time-zone.ts';

export interface RangeOptions {
  since?: string;
  from?: string;
  to?: string;
}

/** Adds the options that say of which time. `defaultText`: how far back without them. */
export function withRange(command: Command, defaultText: string): Command {
  return command
    .option('--since <duration>', `from so long ago: 90s, 15m, 2h, 7d (default: ${defaultText})`)
    .addOption(
      new Option('--from <time>', 'ISO 8601 (without an offset: in --tz), epoch, or relative like -15m').conflicts(
        'since',
      ),
    )
    .option('--to <time>', 'the same');
}

/** `from` and `to` as the API takes them. @throws CliError for a duration that is none. */
export function rangeParameters({ since, from, to }: RangeOptions, zone: TimeZone): { from?: string; to?: string } {
  const start = since === undefined ? from && absoluteTime(from, zone) : `-${readDuration(since)}`;
  return { ...(start && { from: start }), ...(to && { to: absoluteTime(to, zone) }) };
}

function readDuration(since: string): string {
  if (/^(\d+(ns|us|ms|s|m|h|d|w))+$/.test(since)) return since;
  throw new CliError(EXIT.usage, `--since: expected a duration such as 90s, 15m, 2h or 7d, got \`${since}\``);
}

const WALL_TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(\.\d+)?)?)?$/;

/** A time without an offset gets that of the zone then; any other text stays as it is. */
function absoluteTime(text: string, zone: TimeZone): string {
  const match = WALL_TIME.exec(text);
  if (match === null || zone === 'utc') return text;
  const [, day, minutes = '00:00', seconds = '00', fraction = ''] = match;
  const wallMs = Date.parse(`${day}T${minutes}:${seconds}Z`);
  // The server says what is wrong with a 31 June.
  if (Number.isNaN(wallMs)) return text;
  // The offset at the wall's time read as UTC may be that of before a change of clocks: asked once more at the result.
  const nearMs = wallMs - offsetMs(wallMs, zone);
  const iso = new Date(wallMs - offsetMs(nearMs, zone)).toISOString();
  return `${iso.slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}${fraction}Z`;
}
