import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { RECEIVERS } from '../packages/server/src/receivers/registry.ts';
import { functionsOver } from './functions.ts';

/**
 * What the design says about the code, as a test. Every ban says what to use instead. An exception needs a line here,
 * with its reason; a line that is no longer needed fails too.
 */
const root = join(import.meta.dirname, '..');
const sources = [
  'packages/schema/src',
  'packages/browser/src',
  'packages/browser/tools',
  'packages/sdk/src',
  'packages/server/src',
  'packages/cli/src',
  'packages/web/src',
  'packages/web/tools',
].flatMap((dir) => walk(dir));
const tests = [
  'packages/server/test',
  'packages/server/bench',
  'packages/server/tools',
  'packages/web/test',
  'tools',
].flatMap((dir) => walk(dir));
const isTest = (path: string) => path.endsWith('.test.ts') || path.includes('/fixtures/');

function walk(dir: string): string[] {
  return readdirSync(join(root, dir), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.gen.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

const text = (path: string) => readFileSync(join(root, path), 'utf8');
/** Without comments: words in prose are no code. Lint escapes are comments, so they are looked for in the whole text. */
const code = (path: string) => text(path).replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');

const FILE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;

/** Longer than the limit, and why. */
const LONG_FILES: Record<string, string> = {};
const LONG_FUNCTIONS: Record<string, string> = {};

test('files have at most 500 lines', () => {
  const long = [...sources, ...tests].filter((path) => text(path).split('\n').length > FILE_LINES_MAX + 1);
  expect(long.sort()).toEqual(Object.keys(LONG_FILES).sort());
});

test('functions have at most 70 lines', () => {
  const long = sources
    .filter((path) => !isTest(path))
    .flatMap((path) => functionsOver(FUNCTION_LINES_MAX, path, text(path)));
  expect(long.sort()).toEqual(Object.keys(LONG_FUNCTIONS).sort());
});

const LINT_ESCAPE = /@ts-(ignore|expect-error|nocheck)|biome-ignore|oxlint-disable|eslint-disable/;

/** [what is banned, in which files it is allowed and why, what to use instead] */
const BANS: readonly [RegExp, Record<string, string>, string][] = [
  [
    /process\.env/,
    {
      'packages/server/src/config.ts': 'the only reader',
      'packages/cli/src/client-environment.ts': 'the only reader of the client commands',
      'packages/sdk/src/environment.ts': 'the only reader of the SDK',
    },
    'config.ts reads the environment; take what you need as a parameter',
  ],
  [
    /\bfetch\(/,
    {
      'packages/browser/src/sender.ts': 'the page speaks to the server that its maker names',
      'packages/cli/src/api-client.ts': 'the command line speaks to the server that its user names',
      'packages/sdk/src/last-breath.ts': 'the same, in a child process of a program that ends',
      'packages/sdk/src/server-client.ts': 'the SDK speaks to the server its user names',
      'packages/server/src/stores/clickhouse/engine.ts': 'the supervisor asks its own child on loopback',
      'packages/web/src/api/client.ts': 'the page speaks to the server that it came from',
      'packages/web/src/api/reachable.ts': 'the same, to hear whether it is back',
      'packages/web/tools/write-api-types.ts': 'a server that it starts itself',
    },
    'a URL that a user gave goes through runtime/egress; the store has its own client',
  ],
  [
    /from '(undici|node:https)'/,
    {
      'packages/server/src/receivers/file-tail/pods.ts': 'the API of the cluster that the server runs in',
      'packages/server/src/stores/clickhouse/http.ts': 'the store that the operator names',
      'packages/server/src/runtime/egress/create-egress.ts': 'the way out itself',
      'packages/server/src/runtime/egress/dispatchers.ts': 'its connections',
    },
    'egress.request() of runtime/egress',
  ],
  [
    /\b(un)?(gunzip|inflate|inflateRaw|zstdDecompress|brotliDecompress|uncompress)(Sync)?\(|\bcreate(Gunzip|Inflate|InflateRaw|Unzip|ZstdDecompress|BrotliDecompress)\(/,
    {
      'packages/server/src/pipeline/expand.ts': 'whole bodies, with a limit',
      'packages/server/src/pipeline/expand-stream.ts':
        'bodies without an end, at the pace of a reader that has a limit',
      'packages/server/src/receivers/util/inflate.ts': 'what protocols compress inside of a body, with a limit',
      'packages/sdk/src/test-server.ts': 'the server of tests, for what the SDK itself sent',
    },
    'expand() in pipeline/expand.ts, expandStream() beside it, receivers/util/inflate.ts',
  ],
  [
    /dangerouslySetInnerHTML|\b(inner|outer)HTML\b|insertAdjacentHTML|document\.write/,
    {},
    'React elements: text stays text',
  ],
  [/: any\b|as any\b|<any>/, {}, 'a type, or unknown and a schema'],
  [LINT_ESCAPE, {}, 'mend the code'],
  [/\b(TODO|FIXME|HACK)\b/, {}, 'do it, or leave it out and say so in the issue'],
  [
    /console\.(log|error|warn|info|debug)/,
    {
      'packages/browser/src/index.ts': 'a page has no other place for what is wrong with the options',
      'packages/browser/src/sender.ts': 'the same, for a key that is refused',
      'packages/server/src/processors/redact/corpus/lookalikes.ts': 'a line of the corpus quotes a program',
    },
    'runtime/own-log.ts in the server, output.ts in the command line',
  ],
];

test.each(BANS)('%s is banned', (pattern, allowed, instead) => {
  const found = sources.filter(
    (path) => !isTest(path) && pattern.test(pattern === LINT_ESCAPE ? text(path) : code(path)),
  );
  expect(found.sort(), `use instead: ${instead}`).toEqual(Object.keys(allowed).sort());
});

/** Folder → folders of packages/server/src that it may import from, itself and runtime/ aside. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  runtime: ['processors'],
  batch: [],
  journal: [],
  stores: ['journal', 'consumers'],
  receivers: ['batch', 'journal', 'config'],
  admission: ['control', 'pipeline', 'processors', 'producers', 'receivers'],
  processors: ['batch'],
  producers: ['batch', 'journal', 'receivers'],
  'dead-letters': ['batch'],
  pipeline: ['batch', 'dead-letters', 'journal', 'processors', 'receivers'],
  destinations: [],
  consumers: ['batch', 'dead-letters', 'destinations', 'journal', 'stores', 'query', 'api'],
  query: ['batch', 'stores'],
  control: ['config', 'consumers', 'destinations'],
  api: [
    'admission',
    'batch',
    'dead-letters',
    'destinations',
    'journal',
    'producers',
    'query',
    'stores',
    'control',
    'consumers',
    'exports',
    'system',
  ],
  exports: ['query'],
  system: ['journal'],
  http: ['admission', 'pipeline', 'producers', 'receivers'],
  config: ['batch', 'processors', 'receivers'],
};

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

function importsOf(path: string): Import[] {
  const found = text(path).matchAll(/^(import|export)\s+(type\s+)?[^'"]*?from\s+'(\.[^']+)'/gm);
  return [...found].map(([, , type, target]) => ({
    from: path,
    to: relative(root, join(root, path, '..', target)),
    typeOnly: type !== undefined,
  }));
}

const SERVER = 'packages/server/src/';
const folderOf = (path: string) => path.slice(SERVER.length).split('/');

test('imports go where the design lets them', () => {
  const wrong = sources
    .filter((path) => path.startsWith(SERVER) && !isTest(path) && folderOf(path).length > 1)
    .flatMap(importsOf)
    .filter(({ from, to }) => {
      const own = folderOf(from)[0];
      const other = folderOf(to)[0];
      return to.startsWith(SERVER) && own !== other && other !== 'runtime' && !(MAY_IMPORT[own] ?? []).includes(other);
    });
  expect(wrong).toEqual([]);
});

test('a receiver imports no other receiver', () => {
  const wrong = sources
    .filter((path) => path.startsWith(`${SERVER}receivers/`) && !isTest(path) && folderOf(path).length > 2)
    .flatMap(importsOf)
    .filter(({ from, to }) => {
      const own = folderOf(from)[1];
      const [kind, other] = folderOf(to);
      return kind === 'receivers' && folderOf(to).length > 2 && other !== own && other !== 'util';
    });
  expect(wrong).toEqual([]);
});

test('every receiver is a folder of its id with the same set of files', () => {
  const folders = readdirSync(join(root, SERVER, 'receivers'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'util')
    .map((entry) => entry.name);
  expect(RECEIVERS.map((receiver) => receiver.id).sort()).toEqual(folders.sort());
  for (const folder of folders) {
    const dir = join(root, SERVER, 'receivers', folder);
    for (const name of ['index.ts', 'decode.test.ts', 'README.md', 'fixtures']) {
      expect(() => statSync(join(dir, name)), `receivers/${folder}/${name}`).not.toThrow();
    }
  }
});
