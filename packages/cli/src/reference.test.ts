import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { makeProgram } from './program.ts';

/** docs/reference/cli.md and the program say the same. */
const page = readFileSync(new URL('../../../docs/reference/cli.md', import.meta.url), 'utf8');

function commandsBelow(command: Command, path: string): { path: string; command: Command }[] {
  return command.commands.flatMap((child) => {
    const own = `${path} ${child.name()}`;
    return [{ path: own, command: child }, ...commandsBelow(child, own)];
  });
}

test('every command is on the page', async () => {
  const all = commandsBelow(await makeProgram((name) => name !== 'serve'), 'tailwater');
  const ends = all.filter(({ command }) => command.commands.length === 0);
  expect(ends.length).toBeGreaterThan(25);
  expect(
    ends.map(({ path }) => path).filter((path) => !['`', '\n', '| '].some((before) => page.includes(before + path))),
  ).toEqual([]);
});

test('every command and option on the page is one of the program', async () => {
  const all = commandsBelow(await makeProgram((name) => name !== 'serve'), 'tailwater');
  const known = new Map(all.map(({ path, command }) => [path, command]));
  const wrong = [...page.matchAll(/(?:^|[`|;(] ?)tailwater ([a-z][^`\n|;)]*)/gm)].flatMap(([, line]) => {
    const words = line!.split(/\s+/);
    const [name = '', sub = ''] = words;
    const command = known.get(`tailwater ${name} ${sub}`) ?? known.get(`tailwater ${name}`);
    if (command === undefined) return [line];
    if (name === 'serve') return [];
    // What follows `--` is another program's.
    const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
    const flags = own.map((word) => /^\[?(--[\w-]+|-[a-z]$)/.exec(word)?.[1]).filter((flag) => flag !== undefined);
    const options = new Set(command.options.flatMap(({ long, short }) => [long, short]));
    return flags.filter((flag) => flag !== '--help' && !options.has(flag)).map((flag) => `${line}: ${flag}`);
  });
  expect(wrong).toEqual([]);
});
