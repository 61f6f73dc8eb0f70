/** Labels of the event that the tests execute templates for; the line is `the line`. */
export const LABELS: ReadonlyMap<string, string> = new Map([
  ['a', 'apple'],
  ['b', 'Bee'],
  ['n', '42'],
  ['f', '3.7'],
  ['neg', '-5'],
  ['e', ''],
  ['j', '{"x":1,"y":[1,"two",null,true,{"z":"deep"}],"s":"str","nil":null,"o":{"k":"v"}}'],
  ['arr', '["p","q","r"]'],
  ['u', 'héllo wörld 日本'],
  ['sp', '  pad  '],
  ['dur', '1m30s'],
  ['by', '1.5KB'],
  ['ts', '1700000000'],
  ['tsms', '1700000000123'],
  ['d', '2024-03-10 02:30:00'],
  ['multi', 'l1\nl2'],
  ['q', 'a b&c=d/é'],
  ['html', "<a href='x'>\"&</a>"],
  ['b64', 'aGVsbG8'],
  ['num0', '010'],
  ['hex', '0x1f'],
]);

/** 2023-11-14 22:13:20.123456789 UTC. */
export const CONTEXT = { line: 'the line', timeMs: 1_700_000_000_123, timeNs: 456_789 };
