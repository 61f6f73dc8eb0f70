import { ALL_FORMS, findSpans, RULE_IDS } from '@tailwater/schema/redaction';
import { expect, test } from 'vitest';
import { fuzzRedact, hostileTexts } from '../../../test/fuzz/redact.ts';
import { fillAttributeTypes } from '../../batch/attribute-types.ts';
import { EventBatch, KIND, type Kind } from '../../batch/event-batch.ts';
import { readEvents } from '../../batch/event-rows.ts';
import { FIELD, SYMBOL_FIELDS, type SymbolField, TEXT_FIELDS, type TextField } from '../../batch/fields.ts';
import { DEFAULT_LIMITS } from '../../batch/limits.ts';
import { SymbolTable } from '../../batch/symbol-table.ts';
import { CORPUS_ATTRIBUTES, CORPUS_LINES } from './corpus/corpus.ts';
import { createRedact } from './index.ts';
import { measureCorpus } from './measure.ts';

interface Row {
  fields?: Partial<Record<TextField | SymbolField, string>>;
  attributes?: readonly (readonly [name: string, value: string, kind?: Kind])[];
}

function batchOf(rows: readonly Row[], symbols = new SymbolTable()): EventBatch {
  const batch = new EventBatch(symbols, DEFAULT_LIMITS);
  for (const { fields = {}, attributes = [] } of rows) {
    batch.beginRow();
    for (const [field, text] of Object.entries(fields)) batch.setText(Number(field) as TextField | SymbolField, text);
    for (const [name, value, kind = KIND.string] of attributes) batch.addAttribute(name, kind, value);
    batch.endRow();
  }
  return batch;
}

const context = (redactRulesOff: readonly string[] = []) => ({
  orgId: 'acme',
  receivedAtMs: 0,
  settings: { retentionDays: 30, redactRulesOff, logTypes: {} },
});

function redact(rows: readonly Row[], rulesOff: readonly string[] = []) {
  const batch = batchOf(rows);
  const report = createRedact().apply(batch, context(rulesOff));
  fillAttributeTypes(batch);
  return { events: [...readEvents(batch)], report, batch };
}

test('the corpus holds enough lines of both sorts', () => {
  expect(CORPUS_LINES.filter((line) => line.secrets.length > 0).length).toBeGreaterThanOrEqual(200);
  expect(CORPUS_LINES.filter((line) => line.secrets.length === 0).length).toBeGreaterThanOrEqual(200);
});

test('every rule finds at least 98 % of its secrets and is wrong in at most 2 %', () => {
  const { rules } = measureCorpus();
  for (const measured of rules) {
    expect(measured.secrets, measured.rule).toBeGreaterThanOrEqual(10);
    expect(measured.recall, `recall of ${measured.rule}`).toBeGreaterThanOrEqual(0.98);
    expect(measured.precision, `precision of ${measured.rule}`).toBeGreaterThanOrEqual(0.98);
  }
});

test('rules are wrong only on the lines of the corpus that say so', () => {
  const { differences } = measureCorpus();
  expect(differences.filter((difference) => difference.known === '')).toEqual([]);
  const wrongLines = new Set(differences.map((difference) => difference.line));
  expect(CORPUS_LINES.filter(({ text, known }) => known !== '' && !wrongLines.has(text))).toEqual([]);
});

test('the whole corpus as one batch comes out as it is labelled, and is counted', () => {
  const lines = CORPUS_LINES.filter((line) => line.known === '');
  const kinds = { string: KIND.string, number: KIND.number, json: KIND.json };
  const { events, report } = redact([
    ...lines.map(({ text }) => ({ fields: { [FIELD.message]: text } })),
    ...CORPUS_ATTRIBUTES.map(({ name, value, kind }) => ({ attributes: [[name, value, kinds[kind]] as const] })),
  ]);
  const counts: Record<string, number> = {};
  lines.forEach(({ text, secrets }, i) => {
    let expected = '';
    let from = 0;
    for (const { rule, start, end } of secrets) {
      expected += `${text.slice(from, start)}[REDACTED:${rule}]`;
      from = end;
      counts[`redact.${rule}`] = (counts[`redact.${rule}`] ?? 0) + 1;
    }
    expect(events[i].message).toBe(expected + text.slice(from));
  });
  CORPUS_ATTRIBUTES.forEach(({ name, value, kind, isSecret }, i) => {
    const expected = isSecret ? { text: '[REDACTED:attribute]', kind: 'string' } : { text: value, kind };
    expect(events[lines.length + i].attributes[name], name).toEqual(expected);
    if (isSecret) counts['redact.attribute'] = (counts['redact.attribute'] ?? 0) + 1;
  });
  expect(report).toEqual(counts);
});

const PROPERTY = {
  [FIELD.message]: 'message',
  [FIELD.userId]: 'userId',
  [FIELD.resourceId]: 'resourceId',
  [FIELD.traceId]: 'traceId',
  [FIELD.spanId]: 'spanId',
  [FIELD.requestId]: 'requestId',
  [FIELD.clientEventId]: 'clientEventId',
  [FIELD.logType]: 'logType',
  [FIELD.eventType]: 'eventType',
  [FIELD.service]: 'service',
  [FIELD.host]: 'host',
  [FIELD.logger]: 'logger',
  [FIELD.resourceType]: 'resourceType',
  [FIELD.action]: 'action',
} as const satisfies Record<TextField | Exclude<SymbolField, typeof FIELD.labels>, string>;

test.each(
  [...TEXT_FIELDS, ...SYMBOL_FIELDS].flatMap((field) =>
    field === FIELD.labels ? [] : [[PROPERTY[field], field] as const],
  ),
)('%s is covered', (property, field) => {
  const texts = ['x', 'bob@example.com', '', 'a bob@example.com b', 'bob@example.com', 'y'];
  const { events, report } = redact(texts.map((text) => ({ fields: { [field]: text } })));
  expect(events.map((event) => event[property])).toEqual(
    texts.map((text) => text.replace('bob@example.com', '[REDACTED:email]')),
  );
  expect(report).toEqual({ 'redact.email': 3 });
});

test('trace and span ids in hexadecimal are left alone, anything else in their place is not', () => {
  const span = '4111111111111111';
  const { events } = redact([
    { fields: { [FIELD.traceId]: span + span, [FIELD.spanId]: span } },
    { fields: { [FIELD.traceId]: 'bob@example.com', [FIELD.spanId]: `${span} ` } },
  ]);
  expect(events.map((event) => [event.traceId, event.spanId])).toEqual([
    [span + span, span],
    ['[REDACTED:email]', '[REDACTED:payment-card] '],
  ]);
});

test('labels: by value, by name and in names, counted for every event', () => {
  const labels = JSON.stringify({
    app: 'x',
    owner: 'bob@example.com',
    api_key: 'abc',
    'al@example.com': '1',
    'cy@example.com': '2',
  });
  const { events, report } = redact([
    { fields: { [FIELD.labels]: labels } },
    {},
    { fields: { [FIELD.labels]: labels } },
  ]);
  const redacted = {
    app: 'x',
    owner: '[REDACTED:email]',
    api_key: '[REDACTED:attribute]',
    '[REDACTED:email]': '1',
    '[REDACTED:email]#2': '2',
  };
  expect(events.map((event) => event.labels)).toEqual([redacted, {}, redacted]);
  expect(report).toEqual({ 'redact.email': 6, 'redact.attribute': 2 });
});

test.each([
  ['ex@32473.iut', 'ex@32473.iut'],
  ['x@32473.1.2.trace_id', 'x@32473.1.2.trace_id'],
  ['bob@163.com', '[REDACTED:email]'],
  ['bob@163.com.cn', '[REDACTED:email]'],
  ['bob@example.io', '[REDACTED:email]'],
])("a parameter of syslog's structured data is no mailbox: %s", (name, expected) => {
  const [event] = redact([{ attributes: [[name, 'ann@example.com']] }]).events;
  expect(Object.keys(event!.attributes)).toEqual([expected]);
});

test('attribute names that hold a secret are replaced and stay apart', () => {
  const { events } = redact([
    {
      attributes: [
        ['al@example.com', '1'],
        ['b', '2'],
        ['cy@example.com', '3'],
      ],
    },
    { attributes: [['cy@example.com', '4']] },
  ]);
  expect(events.map((event) => Object.entries(event.attributes).map(([name, { text }]) => [name, text]))).toEqual([
    [
      ['[REDACTED:email]', '1'],
      ['b', '2'],
      ['[REDACTED:email]#2', '3'],
    ],
    [['[REDACTED:email]', '4']],
  ]);
});

test('kinds: JSON stays JSON where only strings change, numbers become strings', () => {
  const { events } = redact([
    {
      attributes: [
        ['a', '{"mail":"bob@example.com","n":[1,"\\nal@example.com"]}', KIND.json],
        ['b', '{"password":"x\\"y","list":{"tokens":1}}', KIND.json],
        ['c', '{"card":4111111111111111}', KIND.json],
        ['d', '4111111111111111', KIND.number],
        ['e', '1763712000123456', KIND.number],
        ['f', 'true', KIND.bool],
      ],
    },
  ]);
  expect(events[0].attributes).toEqual({
    a: { text: '{"mail":"[REDACTED:email]","n":[1,"\\n[REDACTED:email]"]}', kind: 'json' },
    b: { text: '{"password":"[REDACTED:password]","list":{"tokens":1}}', kind: 'json' },
    c: { text: '{"card":[REDACTED:payment-card]}', kind: 'string' },
    d: { text: '[REDACTED:payment-card]', kind: 'string' },
    e: { text: '1763712000123456', kind: 'number' },
    f: { text: 'true', kind: 'bool' },
  });
});

test('a clean batch keeps its bytes; a dirty one its neighbours', () => {
  const clean = batchOf([{ fields: { [FIELD.message]: 'one' }, attributes: [['k', 'v']] }]);
  const { bytes } = clean.textColumns[FIELD.message];
  expect(createRedact().apply(clean, context())).toEqual({});
  expect(clean.textColumns[FIELD.message].bytes).toBe(bytes);
  const long = 'x'.repeat(20_000);
  const { events } = redact(
    [long, `${long} bob@example.com`, long, '', 'end'].map((text) => ({ fields: { [FIELD.message]: text } })),
  );
  expect(events.map((event) => event.message)).toEqual([long, `${long} [REDACTED:email]`, long, '', 'end']);
});

test('rules can be switched off for all, and more of them by an org', () => {
  const symbols = new SymbolTable();
  const processor = createRedact({ rulesOff: ['email', 'no-such-rule'] });
  const row = {
    fields: { [FIELD.message]: 'bob@example.com token=abcdef01', [FIELD.service]: 'ssn 219-09-9999' },
    attributes: [['pwd', 'x']] as const,
  };
  const run = (rulesOff: readonly string[]) => processor.apply(batchOf([row], symbols), context(rulesOff));
  expect(run([])).toEqual({ 'redact.password': 1, 'redact.us-ssn': 1, 'redact.attribute': 1 });
  expect(run(['us-ssn', 'attribute'])).toEqual({ 'redact.password': 1 });
  expect(run([])).toEqual({ 'redact.password': 1, 'redact.us-ssn': 1, 'redact.attribute': 1 });
  expect(run(RULE_IDS)).toEqual({});
});

test('what was remembered of symbols goes with them', () => {
  const symbols = new SymbolTable();
  const processor = createRedact();
  const serviceOf = (service: string) => {
    const batch = batchOf([{ fields: { [FIELD.service]: service } }], symbols);
    processor.apply(batch, context());
    return symbols.text(batch.symbolColumns[FIELD.service].data[0]);
  };
  expect(serviceOf('bob@example.com')).toBe('[REDACTED:email]');
  symbols.trimIfLarge(0);
  expect(serviceOf('plain')).toBe('plain');
  expect(serviceOf('bob@example.com')).toBe('[REDACTED:email]');
});

test('the scanner leaves out no rule that finds something (fuzz)', () => {
  const { misses, nested, withSecrets } = fuzzRedact(20261121, 4_000);
  expect(misses).toEqual([]);
  expect(nested).toEqual([]);
  expect(withSecrets).toBeGreaterThan(1_000);
});

test('a text as large as limits allow fits in the patterns’ stack', () => {
  for (const [start, unit] of [
    ['authorization: digest ', 'a="b" '],
    ['bearer ', 'a1'],
    ['xoxb-', 'a-'],
    ['password=', 'x'],
    ['token="', 'ab\\"'],
    ['-----BEGIN PRIVATE KEY-----', 'A'],
  ]) {
    expect(findSpans(start + unit.repeat(4_000_000 / unit.length), ALL_FORMS), start).toHaveLength(1);
  }
});

// With time quadratic in the length, one of these alone would run into the test's time-out.
test('hostile texts are read in linear time', () => {
  for (const text of hostileTexts(30_000)) findSpans(text, ALL_FORMS);
});
