import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLI, cliProcess } from '../support/cli-process.ts';
import { allEvents, eventually, removeTempDirs, tempDir } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';

/** `tailwater pipe` and `tailwater run` as processes, around programs that know nothing of them. */
const server = sharedServer();
let env: Record<string, string>;

beforeAll(() => {
  env = { TAILWATER_URL: server.url, TAILWATER_API_KEY: server.adminKey };
});
afterAll(removeTempDirs);

type FoundEvent = Record<string, unknown> & { message: string; metadata: Record<string, unknown> };

const found = (service: string, count: number): Promise<FoundEvent[]> =>
  eventually(async () => {
    const events = (await allEvents(server, `service=${service}&order=asc&from=-1h`)) as FoundEvent[];
    return events.length >= count ? events : undefined;
  });

const NOBODY = { TAILWATER_URL: 'http://127.0.0.1:9' };

describe('pipe', () => {
  test('10,000 lines: each is found once, and stdout is stdin to the byte', async () => {
    const { child, exit, stdout, stderr } = cliProcess(['pipe', '--service', 'piped'], env);
    const input = Buffer.from(
      Array.from({ length: 10_000 }, (_, i) =>
        i % 2 === 0 ? `plain ${i} größe\n` : `{"n":${i},"level":"warn"}\n`,
      ).join(''),
    );
    child.stdin!.end(input);
    expect(await exit).toBe(0);
    expect([stdout().equals(input), stderr()]).toEqual([true, '']);
    const events = await found('piped', 10_000);
    expect(events).toHaveLength(10_000);
    const numbers = events.map(({ message, metadata }) =>
      Number(/plain (\d+) größe$/.exec(message)?.[1] ?? metadata.n),
    );
    expect(new Set(numbers).size).toBe(10_000);
    expect(events.filter(({ severity }) => severity === 'warn')).toHaveLength(5000);
  });

  test('bytes that are no text, and a last line without an end, come out as they went in', async () => {
    const { child, exit, stdout } = cliProcess(['pipe', '--service', 'odd'], env);
    const input = Buffer.concat([Buffer.from([0xff, 0, 0xc3, 0x0a, 0x0a]), Buffer.from('last')]);
    child.stdin!.end(input);
    expect(await exit).toBe(0);
    expect(stdout()).toEqual(input);
    const events = await found('odd', 2);
    expect(events.map(({ message }) => message)).toContain('last');
  });

  test('a line is shown and found while the program before it goes on', async () => {
    const { child, exit, stdout } = cliProcess(['pipe', '--service', 'live'], env);
    child.stdin!.write('first\n');
    await eventually(async () => (stdout().toString() === 'first\n' ? true : undefined));
    expect(await found('live', 1)).toMatchObject([{ message: 'first', service: 'live', receiver: 'ndjson' }]);
    child.stdin!.end();
    expect(await exit).toBe(0);
  });

  test('in a shell, before a reader that goes away', async () => {
    const app = '(seq 1 5; sleep 0.5; while seq 6 9; do sleep 0.1; done)';
    const script = `${app} | "${process.execPath}" "${CLI}" pipe --service head | head -2`;
    const { stdout } = await promisify(execFile)('sh', ['-c', script], { env: { ...env, PATH: process.env.PATH } });
    expect(stdout).toBe('1\n2\n');
    expect((await found('head', 5)).map(({ message }) => message)).toEqual(expect.arrayContaining(['1', '5']));
  });

  test('no server there: said once, everything passed through, no wait', async () => {
    const { child, exit, stdout, stderr } = cliProcess(['pipe'], NOBODY);
    const input = Array.from({ length: 20_000 }, (_, i) => `${i}\n`).join('');
    child.stdin!.write(input);
    await eventually(async () => (stderr() === '' ? undefined : true));
    const before = performance.now();
    child.stdin!.end();
    expect(await exit).toBe(0);
    expect(performance.now() - before).toBeLessThan(4000);
    expect(stdout().toString()).toBe(input);
    expect(stderr().match(/no Tailwater server answers/g)).toHaveLength(1);
    expect(stderr()).toMatch(/20000 lines were not sent\n$/);
  });

  test('a wrong key: said once, everything passed through', async () => {
    const { child, exit, stdout, stderr } = cliProcess(['pipe'], { ...env, TAILWATER_API_KEY: 'tw_wrong' });
    child.stdin!.end('a\nb\n');
    expect(await exit).toBe(0);
    expect([stdout().toString(), stderr().match(/401/g)?.length]).toEqual(['a\nb\n', 1]);
  });

  test('SIGTERM ends it with what it has, SIGINT lets it go on', async () => {
    const { child, exit, stdout } = cliProcess(['pipe', '--service', 'ended'], env);
    child.stdin!.write('before\n');
    await eventually(async () => (stdout().length > 0 ? true : undefined));
    child.kill('SIGINT');
    await sleep(100);
    child.stdin!.write('last words\n');
    await eventually(async () => (stdout().toString().includes('last words') ? true : undefined));
    child.kill('SIGTERM');
    expect(await exit).toBe(143);
    expect((await found('ended', 2)).map(({ message }) => message).sort()).toEqual(['before', 'last words']);
  });
});

describe('run', () => {
  const run = (service: string, command: readonly string[], environment = env) =>
    cliProcess(['run', '--service', service, '--', ...command], environment);
  const node = (script: string) => [process.execPath, '-e', script];

  test('stdout and stderr stay apart, the exit code is passed on', async () => {
    const script = `for (let i = 0; i < 500; i++) { console.log('out ' + i); console.error('{"msg":"err ' + i + '","level":"error"}'); }
      process.exitCode = 7`;
    const { exit, stdout, stderr } = run('ran', node(script));
    expect(await exit).toBe(7);
    const numbers = Array.from({ length: 500 }, (_, i) => i);
    expect(stdout().toString()).toBe(numbers.map((i) => `out ${i}\n`).join(''));
    expect(stderr()).toBe(numbers.map((i) => `{"msg":"err ${i}","level":"error"}\n`).join(''));
    const events = await found('ran', 1000);
    expect(events).toHaveLength(1000);
    const of = (stream: string) => events.filter(({ metadata }) => metadata.stream === stream);
    expect(new Set(of('stdout').map(({ message }) => message))).toEqual(new Set(numbers.map((i) => `out ${i}`)));
    expect(new Set(of('stderr').map(({ message }) => message))).toEqual(new Set(numbers.map((i) => `err ${i}`)));
    expect(of('stderr').every(({ severity }) => severity === 'error')).toBe(true);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('%s reaches a program that does not care for it', async (signal, exitCode) => {
    const { child, exit, stdout } = run('signalled', node("console.log('up'); setInterval(() => {}, 1000)"));
    await eventually(async () => (stdout().length > 0 ? true : undefined));
    child.kill(signal);
    expect(await exit).toBe(exitCode);
  });

  const SCRIPT = '/usr/bin/script';
  const missing = existsSync(SCRIPT) ? '' : ` (skipped: no ${SCRIPT})`;
  /** Says how often it was interrupted, and ends a while after the first time. */
  const interrupted = `let n = 0; setInterval(() => {}, 1000); console.log('up');
    process.on('SIGINT', () => { console.log('interrupted ' + ++n); setTimeout(() => process.exit(n), 400) })`;
  const runText = `exec "${process.execPath}" "${CLI}" run --service terminal -- "${process.execPath}" -e "$APP"`;

  /** Runs it in a terminal, presses Ctrl-C once it is up, and answers what was shown and the exit code. */
  async function atTerminal(command: string, app: string, isUp: (shown: string) => boolean) {
    const child = spawn(SCRIPT, ['-qec', command, '/dev/null'], {
      env: { ...env, PATH: process.env.PATH, SHELL: '/bin/sh', APP: app },
    });
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    const closed = once(child, 'close');
    await eventually(async () => isUp(shown) || undefined);
    child.stdin.write('\x03');
    await closed;
    return { shown: shown.replaceAll('\r', ''), exitCode: child.exitCode };
  }

  test.skipIf(missing !== '')(`Ctrl-C at a terminal reaches the program once${missing}`, async () => {
    const { shown, exitCode } = await atTerminal(runText, interrupted, (text) => text.includes('up'));
    expect(shown).toContain('interrupted 1\n');
    expect(exitCode).toBe(1);
  });

  test.skipIf(missing !== '')(`also where none of its three is the terminal${missing}`, async () => {
    const file = join(tempDir(), 'out');
    const isUp = () => existsSync(file) && readFileSync(file, 'utf8').includes('up');
    const { exitCode } = await atTerminal(`${runText} < /dev/null > ${file} 2>&1`, interrupted, isUp);
    expect([readFileSync(file, 'utf8'), exitCode]).toEqual(['up\ninterrupted 1\n', 1]);
  });

  test.skipIf(missing !== '')(`a program that Ctrl-C ends: 130${missing}`, async () => {
    const app = "console.log('up'); setInterval(() => {}, 1000)";
    expect((await atTerminal(runText, app, (text) => text.includes('up'))).exitCode).toBe(130);
  });

  test.skipIf(missing !== '')(`SIGINT from elsewhere reaches it behind another at the terminal${missing}`, async () => {
    // Job control gives the command a group of its own, which is not the one in front.
    const command = `set -m; (${runText}) > "$OUT" 2>&1 & until grep -q up "$OUT"; do sleep 0.1; done; kill -INT $!; wait $!`;
    const file = join(tempDir(), 'out');
    writeFileSync(file, '');
    const child = spawn(SCRIPT, ['-qec', command, '/dev/null'], {
      env: { ...env, PATH: process.env.PATH, SHELL: '/bin/sh', APP: interrupted, OUT: file },
    });
    await once(child, 'close');
    expect([readFileSync(file, 'utf8'), child.exitCode]).toEqual(['up\ninterrupted 1\n', 1]);
  });

  test('a program that shuts down in order is read to its end', async () => {
    const script = `process.on('SIGTERM', () => setTimeout(() => { console.log('bye'); process.exit(3) }, 300));
      console.log('up'); setInterval(() => {}, 1000)`;
    const { child, exit, stdout } = run('orderly', node(script));
    await eventually(async () => (stdout().length > 0 ? true : undefined));
    child.kill('SIGTERM');
    expect(await exit).toBe(3);
    expect(stdout().toString()).toBe('up\nbye\n');
    expect((await found('orderly', 2)).map(({ message }) => message).sort()).toEqual(['bye', 'up']);
  });

  test("its stdin is the program's", async () => {
    const { child, exit, stdout } = run('reader', ['cat']);
    child.stdin!.end('through\n');
    expect([await exit, stdout().toString()]).toEqual([0, 'through\n']);
  });

  test('options behind the command are its own, with or without --', async () => {
    const { exit, stdout } = cliProcess(['run', 'echo', '--service', 'x', '-n', '--version'], env);
    expect([await exit, stdout().toString()]).toEqual([0, '--service x -n --version\n']);
  });

  test.each([
    [['/nowhere/to/be/found'], 127],
    [['/'], 126],
  ])('%j cannot be run: %i', async (command, exitCode) => {
    const { exit, stderr } = run('none', command);
    expect(await exit).toBe(exitCode);
    expect(stderr()).toMatch(/^tailwater: `.*` cannot be run \(E\w+\)\n$/);
  });

  test('no server there: said once, and all else as without it', async () => {
    const { exit, stdout, stderr } = run('gone', node("console.log('out'); process.exitCode = 5"), NOBODY);
    expect([await exit, stdout().toString()]).toEqual([5, 'out\n']);
    expect(stderr().match(/no Tailwater server answers/g)).toHaveLength(1);
  });

  test('a reader that goes away ends the program as a pipe would', async () => {
    const script = `"${process.execPath}" "${CLI}" run -- yes | head -1`;
    const { stdout } = await promisify(execFile)('sh', ['-c', script], {
      env: { ...env, PATH: process.env.PATH },
      timeout: 20_000,
    });
    expect(stdout).toBe('y\n');
  });
});
