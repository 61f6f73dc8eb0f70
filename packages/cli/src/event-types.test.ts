import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEventContract } from '@tailwater/schema/event-contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderEventTypes } from './event-types.ts';

const ROOT = join(import.meta.dirname, '../../..');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

const CONTRACT = {
  version: 1,
  owner: 'platform',
  events: [
    {
      log_type: 'auth',
      event_type: 'login_failed',
      description: "A login was refused: it's */ not code.",
      severity: ['warn'],
      requires: ['user_id'],
      metadata: {
        ip: { type: 'string', required: true, pii: true },
        'client.name': { type: 'string' },
        'client.version': { type: 'integer', required: true },
        attempt: { type: 'integer' },
        method: { type: 'string', values: ['password', "o'auth"] },
        'odd-name': { type: 'boolean' },
        tags: { type: 'array' },
        more: { type: 'object' },
      },
    },
    { log_type: 'kb', event_type: 'upload' },
  ],
};

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tailwater-'));
  const result = parseEventContract(CONTRACT);
  if (!('contract' in result)) throw new Error(JSON.stringify(result.faults));
  writeFileSync(join(dir, 'events.ts'), renderEventTypes(result.contract));
});
afterAll(() => rmSync(dir, { recursive: true }));

const GOOD = `{
  logType: 'auth', eventType: 'login_failed', severity: 'warn', userId: 'u1',
  metadata: { ip: '10.0.0.1', client: { version: 2 }, method: "o'auth", attempt: 1, 'odd-name': true, tags: [1], extra: 1 },
}`;

/** One change of the event that is right, each of which must not compile. */
const WRONG: readonly [string, string][] = [
  ['an event that is not declared', `{ logType: 'auth', eventType: 'login' }`],
  ['a severity that is not declared', GOOD.replace("'warn'", "'info'")],
  ['a field that is missing', GOOD.replace("userId: 'u1',", '')],
  ['an attribute that is missing', GOOD.replace("ip: '10.0.0.1', ", '')],
  ['an attribute of another type', GOOD.replace("ip: '10.0.0.1'", 'ip: 1')],
  ['a nested attribute of another type', GOOD.replace('version: 2', "version: '2'")],
  ['a value that is not listed', GOOD.replace('"o\'auth"', "'magic'")],
  ['a field that no event has', GOOD.replace("userId: 'u1'", "userId: 'u1', user: 'u1'")],
];

test('what is generated compiles against the SDK, and a wrong event does not', () => {
  const head =
    "import type { Tailwater } from '@tailwater/sdk';\nimport { declared } from './events.ts';\n" +
    'declare const tailwater: Tailwater;\nconst events = declared(tailwater);\n';
  writeFileSync(
    join(dir, 'good.ts'),
    `${head}events.emit(${GOOD});\nevents.emit({ logType: 'kb', eventType: 'upload' });\n`,
  );
  for (const [i, [, event]] of WRONG.entries())
    writeFileSync(join(dir, `wrong-${i}.ts`), `${head}events.emit(${event});\n`);
  const sdk = join(ROOT, 'packages/sdk/src/index.ts');
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2024',
    module: 'nodenext',
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    typeRoots: [join(ROOT, 'node_modules/@types')],
    types: ['node'],
    paths: { '@tailwater/sdk': [sdk], '@tailwater/schema/*': [join(ROOT, 'packages/schema/src/*')] },
  };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
  const { stdout } = spawnSync(process.execPath, [TSC, '-p', dir, '--pretty', 'false'], { encoding: 'utf8', cwd: dir });
  const refused = new Set([...stdout.matchAll(/^([\w-]+)\.ts\(/gm)].map(([, name]) => name));
  expect(stdout.split('\n').filter((line) => !line.startsWith('wrong-') && /^\S/.test(line))).toEqual([]);
  expect(WRONG.filter((_, i) => !refused.has(`wrong-${i}`)).map(([name]) => name)).toEqual([]);
});
