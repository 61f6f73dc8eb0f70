import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { CLI, cliProcess } from '../support/cli-process.ts';
import {
  ADMIN_KEY,
  allEvents,
  eventually,
  removeTempDirs,
  request,
  type SpawnedServer,
  spawnServer,
} from '../support/server.ts';

/**
 * Every command against a running server, in plain text, JSON and Markdown: packages/cli/test/golden has what each
 * prints. `npx vitest run --project app packages/server/test/app/cli-commands.test.ts -u` writes it anew; look at the
 * difference before you keep it.
 */
const GOLDEN = '../../../cli/test/golden';
const DAY = '2026-01-15';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
/** Minutes back to the events, from whenever this runs. */
const AGES = '9000000';

let server: SpawnedServer;
let home: string;
let ids: string[];

interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function tailwater(...args: string[]): Promise<Result> {
  const env = { TAILWATER_URL: server.url, TAILWATER_API_KEY: ADMIN_KEY, XDG_CONFIG_HOME: home };
  const { exit, stdout, stderr } = cliProcess(args, env);
  const code = await exit;
  return { code, stdout: stdout().toString(), stderr: stderr() };
}

const EVENTS = [
  {
    timestamp: `${DAY}T10:00:00.000Z`,
    log_type: 'auth',
    event_type: 'login_failed',
    severity: 'warn',
    message: 'wrong password for ada@example.com',
    service: 'api',
    host: 'web-1',
    user_id: 'u17',
    trace_id: TRACE,
    metadata: { ip: '10.0.0.9', attempt: 3 },
  },
  {
    timestamp: `${DAY}T10:00:01.500Z`,
    log_type: 'gateway',
    event_type: 'request',
    severity: 'error',
    message: 'upstream timeout after 30000 ms | retry?',
    service: 'api',
    host: 'web-1',
    trace_id: TRACE,
    duration_ms: 30000.5,
    metadata: { status: 504, path: '/v1/chat', note: 'line one\nline two \u001b[31mred' },
  },
  {
    timestamp: `${DAY}T11:30:00.000Z`,
    severity: 'info',
    message: 'Grüße aus Wien',
    service: 'worker',
    host: 'web-1',
  },
];

const post = (path: string, body: unknown, headers: Record<string, string> = {}, method = 'POST') =>
  request(server, path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

async function fill(): Promise<void> {
  for (const event of EVENTS) expect((await post('/api/logs?ack=stored', event)).status).toBe(202);
  ids = await eventually(async () => {
    const found = await allEvents(server, `from=${DAY}&to=2026-01-16&order=asc`);
    return found.length === EVENTS.length ? found.map(({ event_id }) => String(event_id)) : undefined;
  });
  // A refused request, for `doctor`.
  await post('/api/logs', '{"message":');
  const producer = { id: 'run-1', name: 'api-7', service: 'api', host: 'web-1', sdk: 'node/0.1.0' };
  const at = Date.parse(`${DAY}T12:03:07Z`);
  const numbers = { next: 5, complete_next: 2, complete_at: at, lost: { ring_overflow: 3 }, ended: true };
  expect((await post('/api/producers/check-in', { ...producer, ...numbers })).status).toBe(200);
  await post('/api/orgs', { id: 'acme', name: 'Acme', retention_days: 90 });
  const events = Array.from({ length: 700 }, (_, i) => ({
    message: `step ${i % 7} of job`,
    severity: i % 2 === 0 ? 'debug' : 'info',
    service: i % 3 === 0 ? 'crawler' : 'jobs',
  }));
  expect((await post('/api/logs?ack=stored', events, { 'x-scope-orgid': 'acme' })).status).toBe(202);
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'tailwater-cli-'));
  server = await spawnServer({ env: { TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms' } });
  vi.stubEnv('TAILWATER_URL', server.url);
  vi.stubEnv('TAILWATER_API_KEY', ADMIN_KEY);
  vi.stubEnv('XDG_CONFIG_HOME', home);
  await fill();
  writeFileSync(join(home, 'tailwater.events.yaml'), CONTRACT);
  expect(await tailwater('events', 'push', join(home, 'tailwater.events.yaml'))).toMatchObject({ code: 0 });
  expect(await tailwater('profile', 'add', 'staging', 'https://staging.example.com')).toMatchObject({ code: 0 });
  expect(await tailwater('levels', 'set', 'auth.tokens', 'debug', '--service', 'api')).toMatchObject({ code: 0 });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server?.stop();
  rmSync(home, { recursive: true, force: true });
  removeTempDirs();
});

const CONTRACT = `version: 1
owner: platform
events:
  - { log_type: auth, event_type: login_failed, owner: identity, severity: [error], requires: [user_id] }
  - { log_type: kb, event_type: upload }
`;

/** What differs from run to run, in as many characters where it has a place in a column. */
function normalised(text: string): string {
  const names = new Map<string, string>();
  const named = (kind: string) => (id: string) => {
    if (!names.has(id)) names.set(id, `${kind}${names.size + 1}`.padEnd(id.length, '.'));
    return names.get(id)!;
  };
  return (
    text
      .replaceAll(server.url, 'http://127.0.0.1:4750')
      .replaceAll(home, '/home')
      .replace(/\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/g, named('uuid'))
      .replace(/\b0{4}[\da-f]{18}\b/g, named('event'))
      .replace(/\btw\\?_\w{4,12}\b(?!\w)/g, (prefix) => `${prefix.slice(0, prefix.indexOf('_') + 1)}PREFIX`)
      // The times of the events stay.
      .replace(/\b(?!2026-01-15|2026-01-16)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g, 'YYYY-MM-DDThh:mm:ss')
      .replace(/(?<=YYYY-MM-DDThh:mm:ss)\.\d+/g, (digits) => `.${'0'.repeat(digits.length - 1)}`)
      .replace(/\d+ ms after/g, 'N ms after')
      .replace(/"(after_ms|per_hour|bytes_per_event)": ?[\d.]+/g, '"$1": N')
  );
}

/** Bytes on disk are as the engine compresses, and the day is today. */
const withoutDisk = (text: string): string =>
  text
    .replace(/[\d.]+ [kM]?B on disk/, 'N on disk')
    .replace(/^(\|? *\d+ *\|? +[\d,]+).*$/gm, '$1 N')
    .replace(/^(\|? ?Tailwater, .*?)\$.*$/gm, '$1$N')
    .replace(/(?<=first events are of )[\d-]+/, 'YYYY-MM-DD')
    .replace(/"(disk_bytes_per_event|sampled_bytes|bytes)": [\d.]+/g, '"$1": N')
    .replace(/("id": "tailwater-[^}]*?"usd_per_month": )[\d.]+/g, '$1N')
    .replace(/("id": "tailwater-[^}]*?"sampled_usd_per_month": )[\d.]+/g, '$1N');

/** What the machine is like is none of the server's. */
const ofServer = (text: string): string => {
  const isOfMachine = /^[|"\s]*(ok|warn|fail|skip)[|"\s]+(node|config|data directory|disk|engine|ports)\b/;
  if (text.startsWith('{')) {
    const { findings } = JSON.parse(text) as { findings: { check: string }[] };
    const own = findings.filter(({ check }) => !/^(node|config|data directory|disk|engine|ports)$/.test(check));
    return `${JSON.stringify(own, null, 2)}\n`;
  }
  const lines = text.split('\n');
  // A cure stands below its finding.
  return lines
    .filter((line, i) => !isOfMachine.test(line) && !(/^ +→/.test(line) && isOfMachine.test(lines[i - 1]!)))
    .join('\n')
    .replace(/\d+ fine, \d+ to look at, \d+ to mend/, 'N fine, N to look at, N to mend');
};

const same = (text: string): string => text;
const ALL = [[], ['--json'], ['--md']];
/** Golden file, arguments, formats, and what else differs. */
const CASES: readonly [string, () => string[], string[][], (text: string) => string][] = [
  ['recent', () => ['recent', AGES, '--limit', '2'], ALL, same],
  ['errors', () => ['errors', AGES], ALL, same],
  ['user', () => ['user', 'u17', AGES], ALL, same],
  ['search', () => ['search', 'timeout -nothing', AGES], ALL, same],
  [
    'logs',
    () => ['logs', '--from', `${DAY} 11:00`, '--to', `${DAY} 12:00`, '--tz', 'Europe/Vienna'],
    [...ALL, ['--ndjson'], ['--type', 'auth', '--attr', 'attempt>=3']],
    same,
  ],
  [
    'logs-all',
    () => ['logs', '--from', DAY, '--to', '2026-01-16', '--order', 'asc', '--all'],
    [[], ['--ndjson']],
    same,
  ],
  ['trace', () => ['trace', TRACE], ALL, same],
  ['context', () => ['context', ids[1]!, '--after', '1'], ALL, same],
  ['why', () => ['why', ids[0]!], ALL, same],
  [
    'stats',
    () => ['stats', '--from', DAY, '--to', '2026-01-16'],
    [...ALL, ['--ndjson'], ['--group-by', 'service,severity', '--tz', 'Europe/Vienna'], ['--type', 'none']],
    same,
  ],
  ['producers', () => ['producers'], ALL, same],
  ['coverage', () => ['coverage', '--from', DAY, '--to', '2026-01-16'], ALL, same],
  ['estimate', () => ['estimate', '--org', 'acme', '--sample', 'severity=debug:0.1'], ALL, withoutDisk],
  ['doctor', () => ['doctor'], ALL, ofServer],
  ['levels', () => ['levels', 'list'], ALL, same],
  ['orgs', () => ['orgs', 'list', '--tz', 'utc'], ALL, same],
  ['keys', () => ['keys', 'list'], ALL, same],
  ['events-check', () => ['events', 'check', join(home, 'tailwater.events.yaml')], [[]], same],
  ['events-types', () => ['events', 'types', join(home, 'tailwater.events.yaml')], [[]], same],
  ['profile', () => ['profile', 'list'], ALL, same],
];

/**
 * The built program in this process: a process for each of these commands and formats would take half a minute. What
 * follows further down runs processes.
 */
async function inProcess(...args: string[]): Promise<Result> {
  const { run } = (await import(pathToFileURL(join(dirname(CLI), 'program.js')).href)) as {
    run(args: readonly string[], stderr: NodeJS.WritableStream): Promise<number>;
  };
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      written[name] += String(chunk);
      return true;
    }),
  );
  try {
    return { code: await run(args, process.stderr), ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** The command, and below it what it printed on stdout; lines of stderr begin with `! `. */
async function transcript(args: string[], formats: string[][], more: (text: string) => string): Promise<string> {
  const results: string[] = [];
  for (const format of formats) {
    const { code, stdout, stderr } = await inProcess(...args, ...format);
    const told = stderr.split('\n').filter((line) => line !== '');
    const words = [...args, ...format].map((word) => (/^[\w./,=-]+$/.test(word) ? word : `'${word}'`));
    const lines = told.map((line) => `! ${line}\n`).join('');
    results.push(`$ tailwater ${words.join(' ')}\n${more(stdout)}${lines}${code === 0 ? '' : `exit code ${code}\n`}`);
  }
  return normalised(results.join('\n'));
}

describe('what it prints', () => {
  test.each(CASES)('%s', async (name, args, formats, more) => {
    const text = await transcript(args(), formats, more);
    await expect(text).toMatchFileSnapshot(`${GOLDEN}/${name}.txt`);
  });
});

describe('what changes something', () => {
  test('send waits until it is stored, and tells how to look at it', async () => {
    const attributes = ['--attr', 'amount=12.5', '--attr', 'zip=007', '--attr', 'paid=true'];
    const sent = await tailwater('send', 'card refused', '--severity', 'warn', '--type', 'billing', ...attributes);
    const id = sent.stdout.trim();
    expect(sent).toMatchObject({ code: 0, stderr: `Stored. What became of it:\n  tailwater why ${id}\n` });
    const stored = (await (await request(server, `/api/logs/${id}`)).json()) as Record<string, unknown>;
    expect(stored).toMatchObject({
      message: 'card refused',
      severity: 'warn',
      log_type: 'billing',
      service: 'tailwater-cli',
      metadata: { amount: 12.5, zip: '007', paid: true },
    });
    expect(await tailwater('why', id)).toMatchObject({ code: 0 });
  });

  test('keys: a secret that works until it is revoked', async () => {
    const made = await tailwater('keys', 'create', 'ci', '--scope', 'ingest');
    const secret = made.stdout.trim();
    const send = () => tailwater('send', 'with a key of its own', '--api-key', secret);
    expect(await send()).toMatchObject({ code: 0, stdout: '', stderr: /may not read/ });
    expect(await tailwater('doctor', '--api-key', secret)).toMatchObject({
      stdout: expect.stringContaining('neither query nor administer'),
    });
    const id = /^Key (\S+) of org/.exec(made.stderr)?.[1] ?? '';
    expect(await tailwater('keys', 'revoke', id)).toMatchObject({ code: 0 });
    expect(await send()).toMatchObject({ code: 1, stderr: expect.stringContaining('401') });
  });

  test('levels, orgs and profiles', async () => {
    expect(await tailwater('levels', 'set', 'kb', 'debug', '--for', '15m')).toMatchObject({ code: 0 });
    expect(await tailwater('levels', 'remove', 'kb')).toMatchObject({ code: 0 });
    expect(await tailwater('orgs', 'create', 'globex', '--retention-days', '7')).toMatchObject({ code: 0 });
    expect(await tailwater('profile', 'add', 'here', server.url)).toMatchObject({ code: 0 });
    expect(await tailwater('profile', 'use', 'here')).toMatchObject({ code: 0 });
    const { exit, stdout } = cliProcess(['orgs', 'list', '--ndjson'], { XDG_CONFIG_HOME: home });
    expect(await exit).toBe(0);
    expect(stdout().toString()).toContain('"globex"');
    expect(await tailwater('profile', 'remove', 'here')).toMatchObject({ code: 0 });
  });

  test('tail --json is an object a line, as it comes', async () => {
    const env = { TAILWATER_URL: server.url, TAILWATER_API_KEY: ADMIN_KEY };
    const { child, exit, stdout } = cliProcess(['tail', '--service', 'tailed', '--json'], env);
    const isSeen = () => stdout().includes('\n');
    for (let i = 0; i < 100 && !isSeen(); i += 1) {
      await post('/api/logs?ack=stored', { message: `tailed ${i}`, service: 'tailed' });
    }
    const [line] = stdout().toString().split('\n');
    expect(JSON.parse(line!)).toMatchObject({ service: 'tailed', severity: 'info' });
    child.kill('SIGTERM');
    await exit;
  });
});

describe('doctor', () => {
  test('without a server, and with a configuration that is wrong', async () => {
    writeFileSync(join(home, 'wrong.yaml'), 'http:\n  prot: 4750\n');
    const { exit, stdout } = cliProcess([
      'doctor',
      '--url',
      'http://127.0.0.1:9',
      '--config',
      join(home, 'wrong.yaml'),
    ]);
    expect(await exit).toBe(1);
    const text = stdout().toString();
    expect(text).toMatch(/^fail {2}config .*wrong\.yaml:2:3: .*prot/m);
    expect(text).toMatch(/^fail {2}server .*no server answers/m);
    expect(text).toMatch(/→ Start one with `tailwater serve`/);
  });

  test('names who has a port', async () => {
    const env = { TAILWATER_HTTP_PORT: String(server.httpPort) };
    const args = ['doctor', '--url', 'http://127.0.0.1:9', '--data-dir', server.dataDir, '--ndjson'];
    const { exit, stdout } = cliProcess(args, env);
    expect(await exit).toBe(1);
    const findings = stdout()
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(findings).toContainEqual({
      check: 'ports',
      state: 'fail',
      what: expect.stringMatching(new RegExp(`${server.httpPort} is taken by .*process ${server.child.pid}`)),
      cure: expect.stringContaining('http.port'),
    });
    expect(findings).toContainEqual(expect.objectContaining({ check: 'data directory', state: 'warn' }));
  });
});

const TMUX = spawnSync('tmux', ['-V']).status === 0;

describe(`in a terminal${TMUX ? '' : ' (tmux is not installed)'}`, () => {
  const socket = `tailwater-${process.pid}`;
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' });
  afterAll(() => {
    if (TMUX) spawnSync('tmux', ['-L', socket, 'kill-server']);
  });

  /** What is on the screen once the command has ended: with the escape sequences, and as it reads. */
  async function screenOf(columns: number, ...args: string[]): Promise<{ raw: string; lines: string[] }> {
    const session = `s${columns}`;
    const words = [process.execPath, CLI, ...args].map((word) => `'${word}'`).join(' ');
    const env = `TAILWATER_URL=${server.url} TAILWATER_API_KEY=${ADMIN_KEY} XDG_CONFIG_HOME=${home}`;
    const program = `env -u NO_COLOR ${env} ${words}; echo THE-END; sleep 60`;
    tmux('new-session', '-d', '-s', session, '-x', String(columns), '-y', '50', program);
    const raw = await eventually(async () => {
      const screen = tmux('capture-pane', '-p', '-e', '-t', session);
      return screen.includes('THE-END') ? screen : undefined;
    });
    const text = stripVTControlCharacters(raw);
    return { raw, lines: text.slice(0, text.indexOf('THE-END')).split('\n') };
  }

  test.skipIf(!TMUX)('events are coloured and aligned', async () => {
    const { raw, lines } = await screenOf(200, 'logs', '--from', DAY, '--to', '2026-01-16', '--order', 'asc');
    expect(raw).toContain('\u001b[33mwarn');
    expect(raw).toContain('\u001b[31merror');
    // Steered by an event is nothing: its escape is text.
    expect(lines.join('\n')).toContain('\\u001b[31mred');
    const starts = ['wrong password', 'upstream timeout', 'Grüße'].map((message) =>
      lines.find((line) => line.includes(message))?.indexOf(message),
    );
    expect(new Set(starts).size).toBe(1);
  });

  test.skipIf(!TMUX)('tables fit', async () => {
    const { lines } = await screenOf(60, 'stats', '--from', DAY, '--to', '2026-01-16');
    const table = lines.filter((line) => /^EVENTS|upstream/.test(line));
    expect(table).toHaveLength(2);
    expect(table[1]).toMatch(/…/);
  });
});

test('a command loads commander and what is its own', async () => {
  const hook = `import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context); } });`;
  const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(hook)}`;
  const { exit, stderr } = cliProcess(['recent', '--help'], { NODE_OPTIONS });
  expect(await exit).toBe(0);
  const loaded = stderr()
    .split('\n')
    .filter((url) => url.startsWith('file:'));
  expect(loaded.length).toBeGreaterThan(5);
  expect(loaded.filter((url) => /packages\/(server|schema|sdk)\/|node_modules\/(?!commander\/)/.test(url))).toEqual([]);
  expect(loaded.filter((url) => /cli\/dist\/commands\/(?!index|find)/.test(url))).toEqual([]);
});
