import { expect, test } from 'vitest';
import { killTest } from '../soak/kill.ts';

test('kill -9 of server and engine under load: nothing acknowledged is lost or doubled, nothing else is half there', async () => {
  let report = '';
  await killTest({
    seed: 20261121,
    serverKills: 2,
    engineKills: 2,
    print: (line) => {
      report = line;
    },
  });
  expect(report).toMatch(/ [1-9]\d* events acknowledged, .* 0 lost, 0 doubled, 0 requests half there/);
});
