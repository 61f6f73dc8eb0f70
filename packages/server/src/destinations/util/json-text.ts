import type { Attribute } from '@tailwater/schema';

/** The numbers of JSON (RFC 8259 §6). Other number words, such as `+1` or `NaN`, go out as text. */
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A JSON string. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/** A JSON number, or `null` for what JSON has no number for. */
export function numberText(value: number | null): string {
  return value === null || !Number.isFinite(value) ? 'null' : String(value);
}

/** The JSON value of an attribute as it came in: `1.50` stays `1.50`, an integer of any size keeps all its digits. */
export function attributeText({ kind, text }: Attribute): string {
  if (kind === 'number') return JSON_NUMBER.test(text) ? text : quote(text);
  if (kind === 'bool') return text === 'true' || text === 'false' ? text : quote(text);
  return kind === 'json' ? (inlineJson(text) ?? quote(text)) : quote(text);
}

/** On one line, as an event often is one line of a body. Null when the text is no JSON, such as one that was cut off. */
function inlineJson(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return /[\n\r]/.test(text) ? JSON.stringify(value) : text;
  } catch {
    return null;
  }
}

/** `2026-11-21T10:00:00.123456789Z`; digits behind the milliseconds only where there are any. */
export function timeText(timestampNs: bigint): string {
  const { ms, ns } = wholeMs(timestampNs);
  const iso = new Date(ms).toISOString();
  return ns === 0 ? iso : `${iso.slice(0, -1)}${String(ns).padStart(6, '0')}Z`;
}

/** `1795255200.123456789`, seconds since the epoch with as many digits as are not zero. */
export function secondsText(timestampNs: bigint): string {
  const { ms, ns } = wholeMs(timestampNs);
  const fraction = `${String(((ms % 1000) + 1000) % 1000).padStart(3, '0')}${String(ns).padStart(6, '0')}`;
  const digits = fraction.replace(/0+$/, '');
  return `${Math.floor(ms / 1000)}${digits === '' ? '' : `.${digits}`}`;
}

/** Milliseconds since the epoch, and the nanoseconds (0 to 999,999) that are left. */
function wholeMs(timestampNs: bigint): { ms: number; ns: number } {
  const ns = Number(((timestampNs % 1_000_000n) + 1_000_000n) % 1_000_000n);
  return { ms: Number((timestampNs - BigInt(ns)) / 1_000_000n), ns };
}
