import fc from 'fast-check';
import type { OtlpKeyValue, OtlpLogRecord, OtlpRequest, OtlpScope, OtlpValue } from './otlp-encode.ts';

/** Arbitrary OTLP requests for property tests: small, but with every kind of value and names that mean something. */

const text = fc
  .oneof(fc.constantFrom('', 'x', '1.5', '-7', 'a"b\\c\n', 'größe 😀'), fc.string({ unit: 'binary', maxLength: 200 }))
  .map((string) => string.toWellFormed());

const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'a.b', 'c', '', '__proto__', 'message', 'severity_text') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...['log_type', 'event_type', 'event.name', 'user_id', 'user.id', 'resource_id', 'resource_type', 'action'],
      ...['request_id', 'event_id', 'logger', 'duration_ms', 'cost', 'service.name', 'host.name', 'service', 'user'],
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }).map((string) => string.toWellFormed()) },
);

const scalar: fc.Arbitrary<OtlpValue> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ stringValue: text }) },
  fc.record({ boolValue: fc.boolean() }),
  fc.record({ intValue: fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt(-50n, 5000n)) }),
  fc.record({ doubleValue: fc.double() }),
  fc.record({ bytesValue: fc.uint8Array({ maxLength: 9 }) }),
  fc.constant({}),
);

const { value } = fc.letrec<{ value: OtlpValue; entry: OtlpKeyValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 5, arbitrary: scalar },
    {
      weight: 1,
      arbitrary: fc.record({ arrayValue: fc.record({ values: fc.array(tie('value'), { maxLength: 4 }) }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kvlistValue: fc.record({ values: fc.array(tie('entry'), { maxLength: 4 }) }) }),
    },
  ),
  entry: fc.record({ key: name, value: tie('value') }, { requiredKeys: ['key'] }),
}));

const attributes = fc.array(fc.record({ key: name, value }, { requiredKeys: ['key'] }), { maxLength: 6 });
const count = fc.oneof(fc.constant(0), fc.nat(2 ** 32 - 1));
const time = fc.oneof(
  fc.constantFrom(0n, 1n, 1_795_161_600_000_000_000n, 1_795_161_601_500_000_000n, 2n ** 63n, 2n ** 64n - 1n),
  fc.bigInt(0n, 2n ** 64n - 1n),
);
const id = (length: number) =>
  fc.oneof(
    fc.uint8Array({ minLength: length, maxLength: length }),
    fc.constant(new Uint8Array(length)),
    fc.uint8Array({ maxLength: 20 }),
  );

const logRecord: fc.Arbitrary<OtlpLogRecord> = fc.record(
  {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    severityNumber: fc.oneof(fc.integer({ min: 0, max: 25 }), fc.integer()),
    severityText: fc.oneof(fc.constantFrom('INFO', 'warn', 'WARNING', 'Error3', 'fatal', 'noise'), text),
    body: value,
    attributes,
    droppedAttributesCount: count,
    flags: count,
    traceId: id(16),
    spanId: id(8),
    eventName: fc.oneof(fc.constantFrom('x', 'login'), text),
  },
  { requiredKeys: [] },
);

const scope: fc.Arbitrary<OtlpScope> = fc.record(
  { name: text, version: text, attributes, droppedAttributesCount: count },
  { requiredKeys: [] },
);

export const arbitraryRequest: fc.Arbitrary<OtlpRequest> = fc.record({
  resourceLogs: fc.array(
    fc.record(
      {
        resource: fc.record({ attributes, droppedAttributesCount: count }, { requiredKeys: [] }),
        scopeLogs: fc.array(
          fc.record(
            { scope, logRecords: fc.array(logRecord, { maxLength: 4 }), schemaUrl: text },
            { requiredKeys: ['logRecords'] },
          ),
          { maxLength: 3 },
        ),
        schemaUrl: text,
      },
      { requiredKeys: ['scopeLogs'] },
    ),
    { maxLength: 3 },
  ),
});
