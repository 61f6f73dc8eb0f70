import { expect, test } from 'vitest';
import { parseEventContract } from './event-contract.ts';

const LOGIN = { log_type: 'auth', event_type: 'login_failed', metadata: { ip: { type: 'string', required: true } } };
const faultsOf = (value: unknown): string[] => {
  const result = parseEventContract(value);
  return 'faults' in result ? result.faults.map(({ field, message }) => `${field}: ${message}`) : [];
};

test('defaults are filled in', () => {
  expect(parseEventContract({ version: 1, events: [LOGIN] })).toEqual({
    contract: {
      version: 1,
      events: [
        {
          ...{ log_type: 'auth', event_type: 'login_failed', services: [], severity: [], requires: [] },
          metadata: { ip: { type: 'string', required: true, pii: false } },
        },
      ],
    },
  });
});

test.each([
  ['no version', { events: [] }, /^version: must be 1/],
  ['a key nobody knows', { version: 1, events: [], event: [] }, /event/],
  [
    'a type nobody knows',
    { version: 1, events: [{ ...LOGIN, metadata: { ip: { type: 'ip' } } }] },
    /^events\[0\].metadata.ip.type: /,
  ],
  ['a log type with a space', { version: 1, events: [{ ...LOGIN, log_type: 'a b' }] }, /^events\[0\].log_type: a word/],
  ['declared twice', { version: 1, events: [LOGIN, LOGIN] }, /^events\[1\]: auth.login_failed is declared twice/],
  [
    'a field nobody knows',
    { version: 1, events: [{ ...LOGIN, requires: ['userid'] }] },
    /^events\[0\].requires\[0\]: /,
  ],
  [
    'values of another type',
    { version: 1, events: [{ ...LOGIN, metadata: { n: { type: 'integer', values: [1.5] } } }] },
    /^events\[0\].metadata.n: every one of `values`/,
  ],
  ['no object at all', 'events', /^: /],
])('refused: %s', (_, value, fault) => {
  expect(faultsOf(value)[0]).toMatch(fault);
});
