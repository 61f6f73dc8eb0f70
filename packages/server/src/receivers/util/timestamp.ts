/**
 * Timestamps from their text, exact to the nanosecond: the digits are never put through a double, which at today's
 * epoch holds no better than 256 ns.
 */
const NANOS_PER_SECOND = 1e9;
/** The last whole second of a signed 64-bit count of nanoseconds: 2262-04-11T23:47:15Z. Times beyond are put there. */
const SECONDS_MAX = 9_223_372_035;
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Powers of ten for a digit's place behind the point: a nanosecond is the 9th. */
const PLACE = [1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 10, 1];

const ZERO = 0x30;

export class TimestampReader {
  /** Nanoseconds since the epoch as two 32-bit words: what `EventBatch.setTimestamp` takes. */
  low = 0;
  high = 0;

  private seconds = 0;
  private nanos = 0;
  private lastDate = -1;
  private lastDays = 0;

  /** Sets the words from whole seconds and 0 to 999,999,999 nanoseconds more. Out of range becomes the nearest end. */
  fromSeconds(seconds: number, nanos: number): void {
    const s = Math.max(-SECONDS_MAX, Math.min(SECONDS_MAX, seconds));
    // In 16-bit limbs, so that every product is exact in a double: s = high16 * 65536 + low16, the low part unsigned.
    const highPart = Math.floor(s / 65536) * NANOS_PER_SECOND;
    const lowPart = (s - Math.floor(s / 65536) * 65536) * NANOS_PER_SECOND + nanos;
    const upper = highPart + Math.floor(lowPart / 65536);
    this.low = ((upper - Math.floor(upper / 65536) * 65536) * 65536 + (lowPart % 65536)) >>> 0;
    this.high = Math.floor(upper / 65536) >>> 0;
  }

  /**
   * Reads source[start, end) as ISO 8601 (`2026-11-21T08:00:00.123456789+01:00`; a space for the T, a comma for the
   * point, no zone for UTC, only a date) or as an epoch number. False when it is neither; the words are undefined then.
   */
  fromText(source: Buffer, start: number, end: number): boolean {
    if (end - start >= 10 && source[start + 4] === 0x2d) {
      if (!this.iso(source, start, end)) return false;
      this.fromSeconds(this.seconds, this.nanos);
      return true;
    }
    return this.fromNumber(source, start, end);
  }

  /**
   * Reads a decimal number as seconds, milliseconds, microseconds or nanoseconds since the epoch, by its size: up to
   * 11 digits before the point are seconds (until the year 5138), 14 milliseconds, 17 microseconds, 19 nanoseconds.
   */
  fromNumber(source: Buffer, start: number, end: number): boolean {
    const negative = source[start] === 0x2d;
    let i = negative ? start + 1 : start;
    while (i < end - 1 && source[i] === ZERO && isDigit(source[i + 1])) i++;
    const first = i;
    while (i < end && isDigit(source[i])) i++;
    const whole = i - first;
    if (whole === 0 || whole > 19) return (source[i] | 0x20) === 0x65 && this.fromExponent(source, start, end);
    let fractionEnd = i;
    if (i < end && source[i] === 0x2e) {
      fractionEnd = i + 1;
      while (fractionEnd < end && isDigit(source[fractionEnd])) fractionEnd++;
      if (fractionEnd === i + 1) return false;
    }
    if (fractionEnd < end) return this.fromExponent(source, start, end);
    // The digits are seconds once the point is moved `shift` places to the left.
    const shift = whole <= 11 ? 0 : whole <= 14 ? 3 : whole <= 17 ? 6 : 9;
    const secondsEnd = first + whole - shift;
    let seconds = 0;
    for (let k = first; k < secondsEnd; k++) seconds = seconds * 10 + (source[k] - ZERO);
    let nanos = 0;
    let place = 0;
    for (let k = secondsEnd; k < fractionEnd && place < 9; k++) {
      if (k !== i) nanos += (source[k] - ZERO) * PLACE[place++];
    }
    if (negative) {
      seconds = nanos === 0 ? -seconds : -seconds - 1;
      nanos = nanos === 0 ? 0 : NANOS_PER_SECOND - nanos;
    }
    this.fromSeconds(seconds, nanos);
    return true;
  }

  /** Numbers like `1.7632e9`: written out in full, then read as the others. */
  private fromExponent(source: Buffer, start: number, end: number): boolean {
    if (end - start > 64) return false;
    const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]?\d{1,3})$/i.exec(source.toString('latin1', start, end));
    if (match === null) return false;
    const [, sign, whole, fraction = '', exponentText] = match;
    const exponent = Number(exponentText);
    if (exponent > 20 || exponent < -20) return false;
    const zeros = '0'.repeat(21);
    const digits = `${zeros}${whole}${fraction}${zeros}`;
    const point = zeros.length + whole.length + exponent;
    const text = Buffer.from(`${sign}${digits.slice(0, point)}.${digits.slice(point)}`);
    return this.fromNumber(text, 0, text.length);
  }

  private iso(source: Buffer, start: number, end: number): boolean {
    const year = two(source, start) * 100 + two(source, start + 2);
    const month = two(source, start + 5);
    const day = two(source, start + 8);
    if (source[start + 7] !== 0x2d || !this.date(year, month, day)) return false;
    this.nanos = 0;
    if (end - start === 10) {
      this.seconds = this.lastDays * 86400;
      return true;
    }
    // `T`, `t` or a space, then at least hh:mm
    const separator = source[start + 10];
    if ((separator | 0x20) !== 0x74 && separator !== 0x20) return false;
    const hour = two(source, start + 11);
    const minute = two(source, start + 14);
    if (end - start < 16 || source[start + 13] !== 0x3a || !(hour <= 23) || !(minute <= 59)) return false;
    let second = 0;
    let i = start + 16;
    if (i < end && source[i] === 0x3a) {
      if (end - i < 3) return false;
      second = two(source, i + 1);
      // 60 is a leap second: the first second of the next minute.
      if (!(second <= 60)) return false;
      i += 3;
      if (i < end && (source[i] === 0x2e || source[i] === 0x2c)) i = this.fraction(source, i + 1, end);
    }
    const offset = zoneSeconds(source, i, end);
    this.seconds = this.lastDays * 86400 + hour * 3600 + minute * 60 + second - offset;
    return !Number.isNaN(offset);
  }

  /** Sets `lastDays` to the days since the epoch. False when there is no such day. */
  private date(year: number, month: number, day: number): boolean {
    const date = (year * 100 + month) * 100 + day;
    if (date === this.lastDate) return true;
    const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
    if (!(month >= 1 && month <= 12) || !(year >= 0)) return false;
    const daysInMonth = month === 2 && leap ? 29 : DAYS_IN_MONTH[month - 1];
    if (!(day >= 1 && day <= daysInMonth)) return false;
    const years = year - 1;
    const leapDays = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
    // 719,162 days lie between 0001-01-01 and 1970-01-01.
    const dayOfYear = DAYS_BEFORE_MONTH[month - 1] + (leap && month > 2 ? 1 : 0) + day - 1;
    this.lastDays = years * 365 + leapDays + dayOfYear - 719_162;
    this.lastDate = date;
    return true;
  }

  /** Reads the digits at `i` as a fraction of a second, beyond the 9th without effect; the position behind them. */
  private fraction(source: Buffer, i: number, end: number): number {
    let place = 0;
    let nanos = 0;
    let k = i;
    for (; k < end && isDigit(source[k]); k++) if (place < 9) nanos += (source[k] - ZERO) * PLACE[place++];
    this.nanos = nanos;
    return k;
  }
}

/** The offset that the zone in source[i, end) names, NaN when it is none: nothing, `Z`, `UTC`, `+01:00`, `+0100`, `+01`. */
function zoneSeconds(source: Buffer, position: number, end: number): number {
  let i = position;
  if (i === end) return 0;
  if (source[i] === 0x20) i++;
  const length = end - i;
  const sign = source[i];
  if (length === 1 && (sign | 0x20) === 0x7a) return 0;
  if (length === 3 && source.toString('latin1', i, end) === 'UTC') return 0;
  if (sign !== 0x2b && sign !== 0x2d) return Number.NaN;
  const hours = two(source, i + 1);
  let minutes = 0;
  if (length === 6 && source[i + 3] === 0x3a) minutes = two(source, i + 4);
  else if (length === 5) minutes = two(source, i + 3);
  else if (length !== 3) return Number.NaN;
  if (!(hours <= 23) || !(minutes <= 59)) return Number.NaN;
  return (sign === 0x2d ? -1 : 1) * (hours * 3600 + minutes * 60);
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39;
}

/** Two digits as a number, NaN when they are none. */
function two(source: Buffer, i: number): number {
  const high = source[i];
  const low = source[i + 1];
  return isDigit(high) && isDigit(low) ? (high - ZERO) * 10 + (low - ZERO) : Number.NaN;
}
