import { KIND } from '../../batch/event-batch.ts';
import { FIELD } from '../../batch/fields.ts';
import { isDigit, type SyslogRow, WORD_BYTES_MAX } from './row.ts';

const SPACE = 0x20;
const COLON = 0x3a;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const DASH = 0x2d;

/** Longest tag and longest process id, in bytes. The RFC says 32; container ids are longer. */
const TAG_BYTES_MAX = 128;
const REPEATED = Buffer.from('last message repeated ');
const SEQUENCE_DIGITS_MAX = 10;

/** Letters, digits and what programs have in their names: `postfix/smtpd`, `(sd-pam)`, `org.freedesktop.x`, `my_app`. */
const IN_TAG = new Uint8Array(256);
/** What is in host names and addresses. */
const IN_HOST = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  const character = String.fromCharCode(byte);
  if (/[A-Za-z0-9_./()@+#~-]/.test(character)) IN_TAG[byte] = 1;
  if (/[A-Za-z0-9_.:-]/.test(character)) IN_HOST[byte] = 1;
}

/**
 * Reads what follows the priority as RFC 3164 tells what was seen of BSD's syslog, and as it is seen today. Whatever is
 * not surely a time, a host or a tag stays in the message, so this always succeeds.
 */
export function readRfc3164(row: SyslogRow, start: number, end: number, hasPriority: boolean): void {
  const { source } = row;
  const cisco = ciscoHead(row, start, end);
  const time = cisco ?? timeEnd(row, start, end);
  if (time < 0) {
    row.setMessage(hasPriority ? tag(row, start, end) : start, end);
    return;
  }
  if (source[time] === COLON || cisco !== null) {
    // Cisco's own: what follows is `%FACILITY-SEVERITY-MNEMONIC: text`.
    row.setMessage(afterSpace(source, source[time] === COLON ? time + 1 : time, end), end);
    return;
  }
  const host = afterSpace(source, time, end);
  const hostEnd = hostEndAt(row, host, end);
  if (hostEnd < 0) {
    row.setMessage(tag(row, host, end), end);
    return;
  }
  if (hostEnd - host > 1 || source[host] !== DASH) row.set(FIELD.host, host, hostEnd);
  row.setMessage(tag(row, hostEnd + 1, end), end);
}

function afterSpace(source: Buffer, position: number, end: number): number {
  return position < end && source[position] === SPACE ? position + 1 : Math.min(position, end);
}

/** Sets the time at the position, in RFC 3164's form or ISO 8601. Returns the position behind it, -1 without one. */
function timeEnd(row: SyslogRow, start: number, end: number): number {
  const { source } = row;
  // Cisco marks a clock that is not set with `*`, one that is not synchronised with `.`.
  const isMarked = source[start] === 0x2a || source[start] === 0x2e;
  const p = isMarked ? start + 1 : start;
  const time = isDigit(source[p]) ? row.isoTime(p, end) : row.bsdTime(p, end);
  return time < end && time >= 0 && source[time] !== SPACE && source[time] !== COLON ? -1 : time;
}

/**
 * `123: host: *Mar  1 00:00:00.123: %SYS-5-CONFIG_I: …`, the host only with `logging origin-id`. Returns the position
 * behind the time, null when it does not begin with a number and a colon, or no time follows.
 * https://www.cisco.com/c/en/us/td/docs/routers/access/wireless/software/guide/SysMsgLogging.html
 */
function ciscoHead(row: SyslogRow, start: number, end: number): number | null {
  const { source, batch } = row;
  let p = start;
  while (p < end && p - start < SEQUENCE_DIGITS_MAX && isDigit(source[p])) p++;
  if (p === start || source[p] !== COLON || source[p + 1] !== SPACE || p + 2 >= end) return null;
  const sequenceEnd = p;
  p += 2;
  const hostEnd = row.wordEnd(p, end) - 1;
  const hasHost = hostEnd > p && source[hostEnd] === COLON && isHost(source, p, hostEnd);
  const time = timeEnd(row, hasHost ? hostEnd + 2 : p, end);
  if (time < 0) return null;
  if (hasHost) row.set(FIELD.host, p, hostEnd);
  batch.addAttribute('syslog.sequence', KIND.number, String(Number(source.toString('latin1', start, sequenceEnd))));
  return time;
}

/** The end of the host at the position, which a space follows; -1 when what is there is a tag or text. */
function hostEndAt(row: SyslogRow, start: number, end: number): number {
  const { source } = row;
  const last = row.wordEnd(start, end);
  if (last === end || last === start || last - start > WORD_BYTES_MAX) return -1;
  if (last - start === 1 && source[start] === DASH) return last;
  if (source[last - 1] === COLON && source[last - 2] !== COLON) return -1;
  // A repetition is told without a host by BSD's own syslogd.
  if (source.subarray(start, Math.min(end, start + REPEATED.length)).equals(REPEATED)) return -1;
  return isHost(source, start, last) ? last : -1;
}

function isHost(source: Buffer, start: number, end: number): boolean {
  const first = source[start];
  if (first === DASH || first === 0x2e || first === 0x5f) return false;
  for (let p = start; p < end; p++) if (IN_HOST[source[p]] === 0) return false;
  return true;
}

/** Sets what `program[pid]: ` at the position says. Returns where the message begins. */
function tag(row: SyslogRow, start: number, end: number): number {
  const { source } = row;
  let p = start;
  while (p < end && IN_TAG[source[p]] === 1 && p - start <= TAG_BYTES_MAX) p++;
  if (p === start || p - start > TAG_BYTES_MAX || p === end) return start;
  if (source[p] === OPEN) return tagWithPid(row, start, p, end);
  // `CEF:0|…`, `LEEF:2.0|…` and `http://…` are text.
  if (source[p] !== COLON || (p + 1 < end && source[p + 1] !== SPACE)) return start;
  row.set(FIELD.service, start, p);
  return afterSpace(source, p + 1, end);
}

function tagWithPid(row: SyslogRow, start: number, open: number, end: number): number {
  const { source } = row;
  let p = open + 1;
  while (p < end && source[p] !== CLOSE && source[p] !== SPACE && p - open <= TAG_BYTES_MAX) p++;
  if (p === end || source[p] !== CLOSE) return start;
  const behind = p + 1;
  if (behind < end && source[behind] !== COLON && source[behind] !== SPACE) return start;
  row.set(FIELD.service, start, open);
  if (p > open + 1) row.attribute('syslog.procid', open + 1, p);
  return afterSpace(source, source[behind] === COLON && behind < end ? behind + 1 : behind, end);
}
