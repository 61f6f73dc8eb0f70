import { expect, test } from 'vitest';
import type { StoredEvent } from '../query/events-sql.ts';
import { CSV_COLUMNS_DEFAULT, csvHeader, csvLine } from './csv.ts';

const event: StoredEvent = {
  ...{ orgId: 'acme', eventId: 'e1', clientEventId: '', timestampNs: 1n, receivedAtMs: 2, receiver: 'ndjson' },
  ...{ logType: 'app', eventType: '', severity: 'info', severityNumber: 9, message: 'm', service: 's', host: 'h' },
  ...{ logger: '', userId: '', resourceId: '', resourceType: '', action: '', traceId: '', spanId: '', requestId: '' },
  ...{ durationMs: -1.5, cost: null, labels: { app: 'shop' } },
  attributes: { n: { kind: 'number', text: '-5' }, list: { kind: 'json', text: '[1]' } },
};
const message = (text: string) => csvLine({ ...event, message: text }, ['message']);

test.each([
  ['plain', 'plain'],
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ['two\nlines', '"two\nlines"'],
  ['=1+1', "'=1+1"],
  ['+cmd', "'+cmd"],
  ['-cmd|x', "'-cmd|x"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['=a,b', `"'=a,b"`],
  ['\t=1', "'\t=1"],
  ['-12.5e3', '-12.5e3'],
  ['a=b', 'a=b'],
])('%j', (text, cell) => {
  expect(message(text)).toBe(cell);
});

test('columns are fields, attributes and labels; what is not there is empty', () => {
  const columns = ['timestamp', 'duration_ms', 'cost', 'n', 'attr.n', 'label.app', 'metadata', 'nothing', 'label.x'];
  expect(csvLine(event, columns)).toBe('1970-01-01T00:00:00.000000001Z,-1.5,,-5,-5,shop,"{""n"":-5,""list"":[1]}",,');
  expect(csvHeader(['message', '=x', 'a,b'])).toBe(`message,'=x,"a,b"`);
  expect(csvLine(event, CSV_COLUMNS_DEFAULT).split(',').length).toBeGreaterThan(20);
});
