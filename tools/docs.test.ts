import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { CONFIG_KEYS } from '../packages/server/src/config/keys.ts';

/** What keeps the documents true: links, paths, commands and names that stand in them exist. */
const root = join(import.meta.dirname, '..');
const SERVER = 'packages/server/src';
const SKIPPED = new Set(['node_modules', 'dist', '.git', 'tailwater-data']);

function walk(dir: string, keep: (name: string) => boolean): string[] {
  return readdirSync(join(root, dir), { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : walk(path, keep);
    return keep(entry.name) ? [path] : [];
  });
}

const text = (path: string) => readFileSync(join(root, path), 'utf8');
const documents = walk('.', (name) => name.endsWith('.md'));
/** A document without its fenced blocks, which hold examples. */
const prose = (path: string) => text(path).replace(/^( *)```[\s\S]*?^\1```$/gm, '');
const codeSpans = (path: string) => [...prose(path).matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
const foldersIn = (dir: string) =>
  readdirSync(join(root, dir), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

/** The anchors that GitHub makes of a document's headings. */
function anchorsOf(path: string): Set<string> {
  const headings = [...prose(path).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading]) => heading!);
  const slugs = headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set(slugs);
}

function brokenLinks(path: string): string[] {
  const targets = [...prose(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [file = '', anchor] = target.split('#');
    const linked = file === '' ? path : relative(root, join(root, dirname(path), file));
    if (!existsSync(join(root, linked))) return true;
    return anchor !== undefined && linked.endsWith('.md') && !anchorsOf(linked).has(anchor);
  });
}

test('there are documents to check', () => {
  expect(documents).toEqual(expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md']));
});

test.each(documents)('links of %s resolve', (path) => {
  expect(brokenLinks(path)).toEqual([]);
});

/**
 * Code spans that name a file or folder: relative to the root, to the server's package or to its sources. Capitals stand
 * for a name to be filled in, `plain` is the receiver that CONTRIBUTING.md adds.
 */
const isPath = (span: string) =>
  /^[\w@.-]+(\/[\w@.-]+)*\/([\w@.-]+\.(ts|md))?$/.test(span) && !/\b([A-Z_]{4,}|plain)\b/.test(span);
const pathExists = (span: string) =>
  ['.', 'packages/server', SERVER].some((base) => existsSync(join(root, base, span)));

test.each(['ARCHITECTURE.md', 'CONTRIBUTING.md', 'README.md'])('files and folders named in %s exist', (path) => {
  expect(codeSpans(path).filter((span) => isPath(span) && !pathExists(span))).toEqual([]);
});

test('every folder of the server and every component is named in ARCHITECTURE.md', () => {
  const kinds = ['receivers', 'processors', 'consumers', 'stores'];
  const components = kinds.flatMap((kind) => foldersIn(`${SERVER}/${kind}`).map((name) => `${kind}/${name}/`));
  const named = codeSpans('ARCHITECTURE.md');
  expect(
    [...foldersIn(SERVER).map((name) => `${name}/`), ...components].filter((path) => !named.includes(path)),
  ).toEqual([]);
});

test('every path of a receiver is named in ARCHITECTURE.md or its README', async () => {
  const { RECEIVERS } = await import('../packages/server/src/receivers/registry.ts');
  const overview = codeSpans('ARCHITECTURE.md').join('\n');
  const missing = RECEIVERS.flatMap(({ id, routes }) => {
    // Readers know `{index}` from API documents; `:index` is how the router writes it.
    const named = overview + text(`${SERVER}/receivers/${id}/README.md`).replace(/\{(\w+)\}/g, ':$1');
    return routes.map(({ path }) => path).filter((path) => !named.includes(path));
  });
  expect([...new Set(missing)]).toEqual([]);
});

const camelCase = (id: string) => id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

test('what CONTRIBUTING.md asks of a receiver beyond its folder is done for each', () => {
  const fuzzed = text('packages/server/test/fuzz/main.ts');
  const missing = foldersIn(`${SERVER}/receivers`)
    .filter((id) => id !== 'util')
    .filter(
      (id) =>
        !fuzzed.includes(`${camelCase(id)}.fuzzCases()`) || !text('README.md').includes(`receivers/${id}/README.md`),
    );
  expect(missing).toEqual([]);
});

test('pages that the sources name exist', () => {
  const sources = walk('packages', (name) => name.endsWith('.ts'));
  const named = sources.flatMap((path) =>
    [...text(path).matchAll(/(?<![\w/])docs\/[\w/-]+\.md/g)].map(([page]) => page),
  );
  expect([...new Set(named)].filter((page) => !existsSync(join(root, page)))).toEqual([]);
});

test('make targets and npm scripts that documents name exist', () => {
  const targets = new Set([...text('Makefile').matchAll(/^([a-z0-9]+):/gm)].map(([, name]) => name));
  const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
  const unknown = documents.flatMap((path) => [
    ...[...text(path).matchAll(/`make ([a-z0-9]+)|^ *make ([a-z0-9]+)/gm)]
      .map(([, span, line]) => span ?? line!)
      .filter((name) => !targets.has(name)),
    ...[...text(path).matchAll(/npm run (?:--silent )?([a-z:]+)/g)]
      .map(([, name]) => name!)
      .filter((name) => !Object.hasOwn(scripts, name)),
  ]);
  expect(unknown).toEqual([]);
});

test('environment variables and configuration keys that documents name exist', () => {
  const variables = new Set([
    ...CONFIG_KEYS.flatMap((key) => key.environment),
    'TAILWATER_URL',
    'TAILWATER_API_KEY',
    'TAILWATER_PROFILE',
  ]);
  const groups = new Set(CONFIG_KEYS.filter(({ path }) => path.includes('.')).map(({ path }) => path.split('.')[0]!));
  const paths = new Set(CONFIG_KEYS.map(({ path }) => path));
  // Receivers' pages name fields of events, which look like keys.
  const ours = documents.filter((path) => !path.startsWith('packages/'));
  const unknown = ours.flatMap((path) => [
    ...[...text(path).matchAll(/\bTAILWATER_[A-Z_]+[A-Z]\b/g)]
      .map(([name]) => name)
      .filter((name) => !variables.has(name)),
    ...codeSpans(path)
      .filter((span) => /^[a-z]+(\.[a-z]\w*)+$/i.test(span) && groups.has(span.split('.')[0]!))
      .filter((span) => !/\.(ts|md)$/.test(span) && !paths.has(span)),
  ]);
  expect(unknown).toEqual([]);
});

/** Packages that the shipped code imports, by what is written in its imports. */
function importedPackages(): Set<string> {
  const sources = ['schema', 'server', 'cli', 'web'].flatMap((name) =>
    walk(`packages/${name}/src`, (file) => /\.tsx?$/.test(file) && !file.endsWith('.test.ts')),
  );
  const imports = sources.flatMap((path) => [
    ...text(path).matchAll(/^(?:import|export)\b[^;]*?from '([^'.][^']*)'/gm),
  ]);
  const names = imports.map(([, name]) => name!.split('/', name!.startsWith('@') ? 2 : 1).join('/'));
  return new Set(names.filter((name) => !name.startsWith('node:') && !name.startsWith('@tailwater/')));
}

test('every runtime dependency has its reason in decision 0007, and nothing else has', () => {
  const rows = [...text('docs/decisions/0007-dependencies.md').matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name!);
  const isTestSupport = (name: string) => name === 'vitest' || name === 'fast-check';
  expect(rows.sort()).toEqual([...importedPackages()].filter((name) => !isTestSupport(name)).sort());
});

test('decision records are numbered once each and listed', () => {
  const names = readdirSync(join(root, 'docs/decisions')).filter((name) => /^\d{4}-/.test(name));
  expect(new Set(names.map((name) => name.slice(0, 4))).size).toBe(names.length);
  expect(names.filter((name) => !text('docs/decisions/README.md').includes(`(${name})`))).toEqual([]);
});
