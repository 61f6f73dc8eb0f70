/** Random hexadecimal digits, two for each byte: W3C trace context wants no zeros alone, which 8 bytes never are. */
export function randomHex(bytes: number): string {
  let digits = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(bytes))) digits += (byte + 256).toString(16).slice(1);
  return digits;
}

/** Whether a session is among the share that is kept: the same answer for the session's every page. */
export function isSampled(sessionId: string, rate: number): boolean {
  return Number.parseInt(sessionId.slice(0, 8), 16) < rate * 2 ** 32;
}

/** `version-trace-parent-flags`: https://www.w3.org/TR/trace-context/#traceparent-header */
export const traceparent = (traceId: string): string => `00-${traceId}-${randomHex(8)}-01`;
