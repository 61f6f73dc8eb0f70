import { expect, test } from 'vitest';
import { PermanentError } from '../../../runtime/errors.ts';
import { placeId, tailQuestionOf } from './question.ts';
import { checkAccept, serverSentEvent } from './sse.ts';
import type { TailMessage } from './stream.ts';
import { webSocketText } from './web-socket.ts';

const questionOf = (lastEventId?: string) => tailQuestionOf({}, lastEventId, { node: 3, nowMs: 0 });

test.each([
  [undefined, null],
  ['', null],
  ['0003000000000005000007', { frame: 5, index: 8 }],
  ['0003000000000005ffffff', { frame: 6, index: 0 }],
  ['0004000000000005000007', 'unknown'],
  ['not an id', 'unknown'],
])('Last-Event-ID %o resumes at %o', (lastEventId, place) => {
  expect(questionOf(lastEventId).resume).toEqual(place);
});

test.each([
  { frame: 1, index: 0 },
  { frame: 7, index: 0 },
  { frame: 7, index: 1 },
  { frame: 2 ** 40, index: 123_456 },
])('the id of place %o resumes there', (place) => {
  expect(questionOf(placeId(place, 3)).resume).toEqual(place);
});

test('a tail without parameters backfills 100 events of a day', () => {
  expect(questionOf()).toMatchObject({ backfill: 100, condition: null, range: { fromNs: -86_400_000_000_000n } });
});

test.each<[TailMessage, string, string | null]>([
  [{ kind: 'log', json: '{"a":1}', eventId: null }, 'event: log\ndata: {"a":1}\n\n', '{"type":"log","event":{"a":1}}'],
  [
    { kind: 'log', json: '{}', eventId: '0003000000000005000007' },
    'event: log\nid: 0003000000000005000007\ndata: {}\n\n',
    '{"type":"log","event":{}}',
  ],
  [
    { kind: 'missed', missed: { count: 7, atMost: false } },
    'event: missed\ndata: {"count":7}\n\n',
    '{"type":"missed","count":7}',
  ],
  [
    { kind: 'missed', missed: { count: 7, atMost: true } },
    'event: missed\ndata: {"count":7,"at_most":true}\n\n',
    '{"type":"missed","count":7,"at_most":true}',
  ],
  [
    { kind: 'missed', missed: { count: null, atMost: true } },
    'event: missed\ndata: {"count":null}\n\n',
    '{"type":"missed","count":null}',
  ],
  [{ kind: 'ready', id: 'x' }, 'event: ready\nid: x\ndata: {}\n\n', '{"type":"ready"}'],
  [{ kind: 'place', id: 'x' }, 'id: x\n\n', null],
])('%o reads %o and %o', (message, asEvent, asText) => {
  expect(serverSentEvent(message)).toBe(asEvent);
  expect(webSocketText(message)).toBe(asText);
});

test.each([undefined, '*/*', 'text/event-stream', 'text/html, text/event-stream;q=0.9', 'text/*'])(
  'Accept %o gets the stream',
  (accept) => {
    expect(() => checkAccept(accept)).not.toThrow();
  },
);

test('Accept application/json is refused', () => {
  expect(() => checkAccept('application/json')).toThrow(PermanentError);
});
