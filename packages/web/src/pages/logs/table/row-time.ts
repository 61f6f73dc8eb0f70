import { formatTime, type TimeZone } from '../../../lib/time.ts';

const MINUTES_MAX = 1000;
/** `11-21 10:00` by zone and minute: thousands of rows share a few. */
const minutes = new Map<string, string>();

/** `11-21` and `10:00:00.123`: the date and the clock of a row, in the zone. */
export function rowTime(timestamp: string, zone: TimeZone): { date: string; clock: string } {
  const key = `${zone} ${timestamp.slice(0, 16)}`;
  let minute = minutes.get(key);
  if (minute === undefined) {
    minute = formatTime(timestamp, zone, 0).slice(5, 16);
    if (minutes.size >= MINUTES_MAX) minutes.clear();
    minutes.set(key, minute);
  }
  const second = timestamp.slice(17, 19);
  const fraction = /^\.(\d+)/.exec(timestamp.slice(19))?.[1] ?? '';
  return { date: minute.slice(0, 5), clock: `${minute.slice(6)}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}` };
}
