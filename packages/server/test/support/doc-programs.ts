import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The programs that pages of documentation hold: every block of TypeScript, compiled as a reader would and run. */
const ROOT = join(import.meta.dirname, '../../../..');
const ADAPTERS = join(ROOT, 'docs/guides/adapters');
const BLOCK = /^```ts\n([\s\S]*?)^```$/gm;
/** A block that begins with a comment of a file's name is that file of the page's one program. */
const FILE_NAME = /^\/\/ (\S+\.ts)\n/;
/** Bundlers find files without the ending of their names, Node does not. */
const SHORT_IMPORT = /from '(\.[^']*?)(?<!\.ts)';/g;

/** Ports of pages are taken by others: every server listens on a free one, and says which. */
const PRELOAD = `
import { Server } from 'node:net';
const { listen } = Server.prototype;
Server.prototype.listen = function (first, ...rest) {
  this.once('listening', () => process.send({ port: this.address().port }));
  return listen.call(this, typeof first === 'object' ? { ...first, port: 0 } : 0, ...rest);
};
`;

/** As strict as any program that installs the packages may be. */
const TSCONFIG = {
  extends: join(ROOT, 'tsconfig.base.json'),
  compilerOptions: {
    ...{ rootDir: '.', outDir: 'out', composite: false, declaration: false },
    exactOptionalPropertyTypes: true,
    ...{ experimentalDecorators: true, emitDecoratorMetadata: true },
  },
  include: ['**/*.ts'],
  exclude: ['out'],
  references: [{ path: join(ROOT, 'packages/sdk') }],
};

/** A directory inside of the package, so that imports are found as in a program that has everything installed. */
export function programsDir(): string {
  const dist = join(ROOT, 'packages/server/dist');
  mkdirSync(dist, { recursive: true });
  const dir = mkdtempSync(join(dist, 'docs-'));
  writeFileSync(join(dir, 'preload.mjs'), PRELOAD);
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  return dir;
}

export function writeProgram(dir: string, file: string, text: string): void {
  mkdirSync(dirname(join(dir, file)), { recursive: true });
  writeFileSync(join(dir, file), text);
}

/** Writes the blocks of all pages; returns the pages with the file of each program: `pino/1.ts`. */
export function writePages(dir: string): Map<string, string[]> {
  const pages = readdirSync(ADAPTERS).filter((file) => file.endsWith('.md') && file !== 'README.md');
  return new Map(pages.map((file) => [basename(file, '.md'), writeBlocks(dir, basename(file, '.md'))]));
}

function writeBlocks(dir: string, page: string): string[] {
  const blocks = [...readFileSync(join(ADAPTERS, `${page}.md`), 'utf8').matchAll(BLOCK)].map(([, block]) => block!);
  return blocks.map((block, i) => {
    const file = `${page}/${FILE_NAME.exec(block)?.[1] ?? `${i + 1}.ts`}`;
    // Without an export a file is a script, whose names are everybody's.
    writeProgram(dir, file, `${block.replace(SHORT_IMPORT, "from '$1.ts';")}export {};\n`);
    return file;
  });
}

/** Compiles all that was written; returns what the compiler has to say, a line each. */
export async function compile(dir: string): Promise<string[]> {
  const tsc = spawn(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', dir, '--pretty', 'false'], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  tsc.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await once(tsc, 'close');
  return output.split('\n').filter((line) => line !== '' && !line.startsWith(' '));
}

export interface RunningProgram {
  child: ChildProcess;
  /** Of the first server that listens. */
  port: Promise<number>;
  /** Resolves with the exit code or signal, and what was printed. */
  ended: Promise<{ code: number | null; signal: string | null; output: string }>;
}

/** Runs a compiled program with these environment variables alone added. */
export function runProgram(dir: string, file: string, env: Record<string, string>): RunningProgram {
  const { NODE_OPTIONS: _, NODE_ENV: _env, VITEST: _vitest, ...inherited } = process.env;
  const script = join(dir, 'out', file.replace(/\.ts$/, '.js'));
  const child = spawn(process.execPath, ['--import', pathToFileURL(join(dir, 'preload.mjs')).href, script], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, output }));
  const early = ended.then(() => {
    throw new Error(`${file} ended before it listened: ${output}`);
  });
  const listens = once(child, 'message').then(([message]) => (message as { port: number }).port);
  const port = Promise.race([listens, early]);
  // Of programs that serve nothing, nobody asks.
  port.catch(() => {});
  return { child, port, ended };
}
