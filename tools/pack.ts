import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'rolldown';

/**
 * Packs what users install, the SDKs, as npm does: `npm run pack`. What they share with the server is bundled in, so that
 * they depend on nothing. Needs the build.
 */
const root = join(import.meta.dirname, '..');

interface Manifest {
  name: string;
  version: string;
  exports: Record<string, string | { types: string; default: string }>;
  [key: string]: unknown;
}

const PACKAGES = ['sdk', 'browser'] as const;
export type PackageName = (typeof PACKAGES)[number];

/** Writes the package's tarball into `outDir`. Answers its path. */
export async function pack(name: PackageName, outDir: string): Promise<string> {
  const source = join(root, 'packages', name);
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Manifest;
  const staging = mkdtempSync(join(tmpdir(), `tailwater-pack-${name}-`));
  try {
    const files = name === 'sdk' ? await sdkFiles(source, staging, manifest) : browserFiles(source, staging);
    const { private: _, devDependencies: _dev, ...kept } = manifest;
    const published = { ...kept, exports: publishedExports(manifest, files) };
    writeFileSync(join(staging, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
    cpSync(join(source, 'README.md'), join(staging, 'README.md'));
    cpSync(join(root, 'LICENSE'), join(staging, 'LICENSE'));
    const printed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', outDir], {
      cwd: staging,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const packed: unknown = JSON.parse(printed);
    const [first] = (Array.isArray(packed) ? packed : Object.values(packed as object)) as { filename: string }[];
    return join(outDir, first!.filename);
  } finally {
    rmSync(staging, { recursive: true });
  }
}

/** Where the types and the code of a source file are in the package. */
interface PackedFiles {
  typesOf(source: string): string;
  codeOf(built: string): string;
}

/** Every entry as a module of its own, what they share in common ones. */
async function sdkFiles(source: string, staging: string, { exports }: Manifest): Promise<PackedFiles> {
  const entries = Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [] : [entry.types]));
  const nameOf = (path: string) => path.replace('./src/', '').replace(/\.ts$/, '');
  const { output } = await build({
    input: Object.fromEntries(entries.map((entry) => [nameOf(entry), join(source, entry)])),
    platform: 'node',
    output: { dir: staging, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'shared/[name]-[hash].js' },
  });
  const foreign = output.flatMap(({ type, ...chunk }) =>
    type === 'chunk' ? (chunk as { imports: string[] }).imports : [],
  );
  const unbundled = foreign.filter((name) => !name.startsWith('node:') && !name.endsWith('.js'));
  if (unbundled.length > 0) throw new Error(`not bundled: ${unbundled.join(', ')}`);
  copyTypes(join(source, 'dist'), staging);
  cpSync(join(source, 'tailwater.events.yaml'), join(staging, 'tailwater.events.yaml'));
  return {
    typesOf: (path) => `./${nameOf(path)}.d.ts`,
    codeOf: (path) => path.replace('./dist/', './'),
  };
}

function browserFiles(source: string, staging: string): PackedFiles {
  for (const file of ['tailwater.mjs', 'tailwater.min.js']) cpSync(join(source, 'dist', file), join(staging, file));
  copyTypes(join(source, 'dist', 'src'), staging);
  return {
    typesOf: (path) => path.replace('./src/', './').replace(/\.ts$/, '.d.ts'),
    codeOf: (path) => path.replace('./dist/', './'),
  };
}

function copyTypes(from: string, to: string): void {
  cpSync(from, to, {
    recursive: true,
    filter: (path) => !/\.\w+$/.test(path) || (path.endsWith('.d.ts') && !path.endsWith('.test.d.ts')),
  });
}

function publishedExports({ exports }: Manifest, { typesOf, codeOf }: PackedFiles): Manifest['exports'] {
  return Object.fromEntries(
    Object.entries(exports).map(([name, entry]) => [
      name,
      typeof entry === 'string' ? codeOf(entry) : { types: typesOf(entry.types), default: codeOf(entry.default) },
    ]),
  );
}

if (process.argv[1] === import.meta.filename) {
  const outDir = resolve(process.argv[2] ?? 'dist-packages');
  mkdirSync(outDir, { recursive: true });
  for (const name of PACKAGES) process.stdout.write(`${await pack(name, outDir)}\n`);
}
