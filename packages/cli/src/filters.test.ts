import { Command } from 'commander';
import { expect, test } from 'vitest';
import { type FilterOptions, filterParameters, withFilters } from './filters.ts';

function parametersOf(args: string[]): string[] {
  const command = withFilters(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  command.parse(args, { from: 'user' });
  return [...filterParameters(command.opts<FilterOptions>())].map(([name, value]) => `${name}=${value}`);
}

test.each<[string[], string[]]>([
  [[], []],
  [['-q', '"a phrase" -not'], ['q="a phrase" -not']],
  [['-q', '-not'], ['q=-not']],
  [
    ['--severity', 'warn', '--severity', 'error'],
    ['severity=warn', 'severity=error'],
  ],
  [
    ['--log-type', 'auth', '--user-id', 'u 1'],
    ['log_type=auth', 'user_id=u 1'],
  ],
  [['--min-severity', 'warn', '--min-severity', 'error'], ['min_severity=error']],
  [
    ['--attr', 'status=500', '--attr', 'a.b!=c=d'],
    ['attr.status=500', 'attr.a.b!=c=d'],
  ],
  [['--attr', 'latency_ms>=100'], ['attr.latency_ms>=100']],
])('%j', (args, parameters) => expect(parametersOf(args)).toEqual(parameters));

test('the parameters arrive as the API documents them', () => {
  const command = withFilters(new Command());
  command.parse(['--attr', 'latency_ms>=100', '--attr', 'n<5'], { from: 'user' });
  const query = decodeURIComponent(filterParameters(command.opts<FilterOptions>()).toString());
  expect(query).toBe('attr.latency_ms>=100&attr.n<5=');
});

test.each([['novalue'], ['=1'], ['']])('refused: --attr %j', (condition) => {
  expect(() => parametersOf(['--attr', condition])).toThrow(
    expect.objectContaining({ code: 'commander.invalidArgument' }),
  );
});
