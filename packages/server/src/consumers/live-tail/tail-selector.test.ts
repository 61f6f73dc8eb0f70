import type { Event } from '@tailwater/schema';
import { parseSelector } from '@tailwater/schema/logql';
import { expect, test } from 'vitest';
import { compileTailSelector } from './tail-selector.ts';

const event = {
  timestampNs: 1n,
  labels: { app: 'web', 'k8s.pod.name': 'p-1', 'os.type': 'linux' },
  service: 'api',
  logType: 'app',
  severityNumber: 17,
  userId: 'u-1',
  message: 'it',
  attributes: { status: { kind: 'number', text: '200' } },
  durationMs: null,
  cost: null,
} as unknown as Event;

test.each([
  ['{app="web"}', true, true],
  ['{app="db"}', false, false],
  ['{app=~"w.*", k8s_pod_name="p-1"}', true, true],
  ['{app=~"e"}', false, false],
  ['{service_name="api"}', true, false],
  ['{service_name=""}', false, true],
  ['{severity="error"}', true, false],
  ['{detected_level!="error"}', false, true],
  ['{user_id="u-1", log_type="app"}', true, false],
  ['{app="web", user_id="u-2"}', false, false],
  ['{os_type="linux"}', false, false],
  ['{status="200"}', false, false],
  ['{absent=""}', true, true],
  ['{}', true, true],
])('%s takes the event: %s, and without what the server makes: %s', (text, taken, takenBare) => {
  const matchers = parseSelector(text);
  const takes = (offered: boolean) =>
    compileTailSelector({ matchers, settings: { eventFields: offered, discoverServiceName: offered } })(event);
  expect([takes(true), takes(false)]).toEqual([taken, takenBare]);
});
