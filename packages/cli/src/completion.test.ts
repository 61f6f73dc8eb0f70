import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderCompletion, SHELLS, type Shell } from './completion.ts';
import { makeProgram } from './program.ts';

let dir: string;
let scripts: Record<Shell, string>;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tailwater-'));
  // Without `serve`, which would load the server for its options.
  const program = await makeProgram((name) => name !== 'serve');
  scripts = Object.fromEntries(
    SHELLS.map((shell) => {
      const path = join(dir, shell);
      writeFileSync(path, renderCompletion(program, shell, 'tailwater'));
      return [shell, path];
    }),
  ) as Record<Shell, string>;
});
afterAll(() => rmSync(dir, { recursive: true }));

const isThere = (shell: Shell) => spawnSync(shell, ['-c', 'true']).status === 0;
const titleOf = (shell: Shell) => `${shell}${isThere(shell) ? '' : ' (it is not installed)'}`;

/** What the shell offers behind words; the last is the one being typed. */
function offered(shell: Shell, words: readonly string[]): string[] {
  const last = words.length - 1;
  const programs: Record<Shell, string> = {
    bash: `source ${scripts.bash}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${last}; _tailwater; printf '%s\\n' "\${COMPREPLY[@]}"`,
    // compadd works inside of completion only: what it is given is printed.
    zsh: `compdef() { :; }; compadd() { shift; printf '%s\\n' $@; }; source ${scripts.zsh}; words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${last + 1}; _tailwater`,
    fish: `source ${scripts.fish}; complete -C '${words.join(' ')}'`,
  };
  const { stdout, stderr } = spawnSync(shell, ['-c', programs[shell]], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const start = words[last]!;
  return stdout
    .split('\n')
    .map((line) => line.split('\t')[0]!)
    .filter((word) => word !== '' && word.startsWith(start));
}

test.each(SHELLS.map((shell) => [titleOf(shell), shell] as const))('%s takes the script', (_title, shell) => {
  if (!isThere(shell)) return;
  const { status, stderr } = spawnSync(shell, ['-n', scripts[shell]], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test.each(SHELLS.map((shell) => [titleOf(shell), shell] as const))('%s completes', (_title, shell) => {
  if (!isThere(shell)) return;
  expect(offered(shell, ['tailwater', 'pro'])).toEqual(['producers', 'profile']);
  expect(offered(shell, ['tailwater', 'keys', '']).filter((word) => !word.startsWith('-'))).toEqual(
    expect.arrayContaining(['list', 'create', 'revoke']),
  );
  expect(offered(shell, ['tailwater', 'logs', '--ord'])).toEqual(['--order']);
  expect(offered(shell, ['tailwater', 'logs', '--order', ''])).toEqual(expect.arrayContaining(['asc', 'desc']));
  expect(offered(shell, ['tailwater', 'keys', 'list', '--js'])).toEqual(['--json']);
  expect(offered(shell, ['tailwater', 'levels', 'list', '--ord'])).toEqual([]);
});

test('quotes and blanks in descriptions are text to every shell', () => {
  const program = new Command('x');
  program
    .command('a')
    .description('it\'s $HOME `id` \\ "b"')
    .addOption(new Option('--b <c>', "d'e").choices(['f']));
  for (const shell of SHELLS) {
    const path = join(dir, `${shell}-odd`);
    writeFileSync(path, renderCompletion(program, shell, 'x'));
    if (isThere(shell)) expect(spawnSync(shell, ['-n', path], { encoding: 'utf8' }).stderr).toBe('');
  }
  expect(() => renderCompletion(program, 'bash', 'x; id')).toThrow('cannot be the name');
});
