import { expect, test } from 'vitest';
import { type Why, whySteps } from './why-sentences.ts';

const WHY: Why = {
  event_id: '00000000000000b9000004',
  received: { at: '2026-11-21T22:12:05.569Z', receiver: 'ndjson', client_event_id: 'c-1' },
  processors: [{ processor: 'enrich', effect: 'severity: number 9 is info' }],
  redactions: [{ rule: 'email', count: 2, fields: ['message', 'user_id', 'metadata.mail'] }],
  sampling: { decision: 'kept', rule: null },
  journal: { node: 0, position: '185', index: 4 },
  stored: {
    at: '2026-11-21T22:12:06.279Z',
    after_ms: 710,
    retention_days: 30,
    expires_at: '2026-12-21T22:12:05.000Z',
  },
  forwarded: [],
};
const sentencesOf = (why: Partial<Why>) => whySteps({ ...WHY, ...why }, 'UTC').flatMap(({ sentences }) => sentences);

test('the way of an event in sentences', () => {
  expect(sentencesOf({})).toEqual([
    'It came in by the receiver ndjson at 2026-11-21 22:12:05.569.',
    'Its sender calls it c-1.',
    'enrich: severity: number 9 is info.',
    'The rule email replaced 2 secrets in message, user_id and metadata.mail.',
    'What stood there was never stored.',
    'It was kept: no sampling rule applied to it.',
    'It is event 5 of frame 185 of node 0. Only then was its arrival acknowledged.',
    'It was in the event store 710 ms after its arrival, at 2026-11-21 22:12:06.279.',
    'It is kept for 30 days, until 2026-12-21 22:12:05.',
    'No integration was there to send it to.',
  ]);
});

test.each([
  [{ processors: [] }, 'No processor changed it.'],
  [{ redactions: [] }, 'No secret was found in it, so nothing was replaced.'],
  [{ sampling: { decision: 'kept' as const, rule: 'debug 1 %' } }, 'It was kept by the sampling rule debug 1 %.'],
])('%o', (why, sentence) => {
  expect(sentencesOf(why)).toContain(sentence);
});
