/** The names that OTLP's JSON knows, as small integers. */
export const KEY = {
  unknown: 0,
  resourceLogs: 1,
  resource: 2,
  scopeLogs: 3,
  scope: 4,
  logRecords: 5,
  attributes: 6,
  droppedAttributesCount: 7,
  name: 8,
  version: 9,
  timeUnixNano: 10,
  observedTimeUnixNano: 11,
  severityNumber: 12,
  severityText: 13,
  body: 14,
  flags: 15,
  traceId: 16,
  spanId: 17,
  eventName: 18,
  key: 19,
  value: 20,
  stringValue: 21,
  boolValue: 22,
  intValue: 23,
  doubleValue: 24,
  arrayValue: 25,
  kvlistValue: 26,
  bytesValue: 27,
  values: 28,
  /** Any of these as the .proto files spell it. OTLP's JSON does not take that: what is in it would be lost unseen. */
  snakeCase: 29,
} as const;
export type Key = (typeof KEY)[keyof typeof KEY];

interface KnownKey {
  bytes: Buffer;
  key: Key;
}

/** Known names by their length. */
const BY_LENGTH: KnownKey[][] = Array.from({ length: 32 }, () => []);

function know(name: string, key: Key): void {
  const bytes = Buffer.from(name);
  BY_LENGTH[bytes.length].push({ bytes, key });
}

for (const [name, key] of Object.entries(KEY)) {
  if (key === KEY.unknown || key === KEY.snakeCase) continue;
  know(name, key);
  const snakeCase = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  if (snakeCase !== name) know(snakeCase, KEY.snakeCase);
}

/** The key that source[start, end) names. */
export function keyOf(source: Buffer, start: number, end: number): Key {
  const length = end - start;
  if (length >= BY_LENGTH.length) return KEY.unknown;
  for (const { bytes, key } of BY_LENGTH[length]) {
    let i = 0;
    while (i < length && bytes[i] === source[start + i]) i++;
    if (i === length) return key;
  }
  return KEY.unknown;
}
