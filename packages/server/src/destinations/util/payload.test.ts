import { describe, expect, test } from 'vitest';
import { sampleEvent } from '../../../test/support/destination-events.ts';
import { payloadMappingSchema, payloadText } from './payload.ts';
import { PRESET_NAMES } from './presets.ts';

const mapping = (settings: object = {}) => payloadMappingSchema('platform').parse(settings);
const objectOf = (settings: object, fields = {}, protocol = {}) =>
  JSON.parse(payloadText(sampleEvent(1, fields), mapping(settings), protocol)) as Record<string, unknown>;

describe.each(PRESET_NAMES)('preset %s', (preset) => {
  test('numbers keep the digits that they came with', () => {
    const text = payloadText(sampleEvent(1), mapping({ preset }));
    expect(text).toContain('"price":1.50');
    expect(text).toContain('"big":123456789012345678901234567890');
    expect(text).toContain('"tags":["a",{"b":1}]');
  });

  test('no fact of the event is left out', () => {
    const event = sampleEvent(1);
    const text = payloadText(event, mapping({ preset }));
    for (const value of [event.eventId, event.userId, event.traceId, event.host, event.service, event.requestId]) {
      expect(text).toContain(`"${value}"`);
    }
    expect(text).toContain('größe');
    expect(text).not.toContain('\n');
  });

  test('each name is there once, whatever attributes are called', () => {
    const [first] = Object.keys(objectOf({ preset }));
    const text = payloadText(
      sampleEvent(1, { attributes: { [first!]: { kind: 'string', text: 'mine' } } }),
      mapping({ preset, attributes: 'flat' }),
    );
    expect(text.split(`"${first}":`)).toHaveLength(2);
    expect(JSON.parse(text)).toMatchObject({ [`attributes.${first}`]: 'mine' });
  });
});

test('fields and attributes are renamed, removed and added', () => {
  const object = objectOf({
    rename: { message: 'msg', 'attributes.price': 'amount', metadata: 'props' },
    remove: ['labels', 'attributes.note'],
    add: { env: 'prod', answer: 42, live: true },
  });
  expect(object).toMatchObject({ env: 'prod', answer: 42, live: true, amount: 1.5, props: { ok: true } });
  expect(object.msg).toContain('event 1');
  expect(Object.keys(object)).not.toContain('message');
  expect(Object.keys(object)).not.toContain('labels');
  expect(Object.keys(object.props as object)).toEqual(['big', 'ok', 'tags', 'http.status_code']);
});

test('the object of attributes can be left out; those that were renamed stay', () => {
  const object = objectOf({ rename: { 'attributes.ok': 'fine' }, remove: ['metadata'] });
  expect(object.fine).toBe(true);
  expect(object.metadata).toBeUndefined();
});

test('what the protocol wants wins', () => {
  expect(objectOf({ add: { service: 'mapped' } }, {}, { service: '"fixed"' }).service).toBe('fixed');
});

test('what is no JSON goes out as text', () => {
  const attributes = {
    cut: { kind: 'json', text: '{"a":' },
    odd: { kind: 'number', text: 'NaN' },
    lines: { kind: 'json', text: '{\n"a":1}' },
    plain: { kind: 'string', text: 'x' },
  };
  const { metadata } = objectOf({}, { attributes, durationMs: Number.NaN });
  expect(metadata).toEqual({ cut: '{"a":', odd: 'NaN', lines: { a: 1 }, plain: 'x' });
});

test('times keep their nanoseconds', () => {
  expect(objectOf({}, { timestampNs: 1_795_255_200_123_456_789n }).timestamp).toBe('2026-11-21T10:00:00.123456789Z');
  expect(objectOf({}, { timestampNs: -1_000_001n }).timestamp).toBe('1969-12-31T23:59:59.998999999Z');
});
