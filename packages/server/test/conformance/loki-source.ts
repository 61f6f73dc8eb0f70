import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Loki's own test material. It is AGPL: it is read at run time, and nothing of it is kept here. */
export interface LokiSource {
  /** Where it came from, for the report. */
  name: string;
  read(path: string): string;
  /** Names of the files in a folder. */
  list(dir: string): string[];
  close(): void;
}

/** What the counts in differences.ts and the report are of. */
const COMMIT = '65e30f8488e8a5ea2013c6881675f8103a8f6bc7';
const ARCHIVE = `https://github.com/grafana/loki/archive/${COMMIT}.tar.gz`;

/**
 * Opens Loki's source.
 *
 * @param path A checkout or a bare repository; without one the pinned commit is fetched from GitHub.
 */
export async function openLokiSource(path: string | undefined): Promise<LokiSource> {
  if (path === undefined || path === '') return fetched();
  return existsSync(join(path, 'pkg')) ? checkout(path, path) : bareRepository(path);
}

function checkout(name: string, dir: string, close = () => {}): LokiSource {
  return {
    name,
    read: (path) => readFileSync(join(dir, path), 'utf8'),
    list: (folder) => readdirSync(join(dir, folder)),
    close,
  };
}

function bareRepository(repository: string): LokiSource {
  const known = spawnSync('git', ['-C', repository, 'cat-file', '-e', `${COMMIT}^{commit}`]).status === 0;
  const revision = known ? COMMIT : 'HEAD';
  return {
    name: `${repository} at ${revision}`,
    read: (path) => git(repository, 'show', `${revision}:${path}`),
    list: (dir) =>
      git(repository, 'ls-tree', '--name-only', `${revision}:${dir}`)
        .split('\n')
        .filter((name) => name !== ''),
    close: () => {},
  };
}

const OUTPUT_BYTES_MAX = 64 << 20;

function git(repository: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('git', ['-C', repository, ...args], {
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function fetched(): Promise<LokiSource> {
  const response = await fetch(ARCHIVE);
  if (!response.ok) throw new Error(`${ARCHIVE}: ${response.status}; LOKI_SOURCE names a checkout instead`);
  const dir = mkdtempSync(join(tmpdir(), 'loki-source-'));
  const close = () => rmSync(dir, { recursive: true, force: true });
  try {
    const archive = join(dir, 'loki.tar.gz');
    writeFileSync(archive, Buffer.from(await response.arrayBuffer()));
    const { status, stderr } = spawnSync(
      'tar',
      ['-xzf', archive, '-C', dir, '--strip-components=1', '--wildcards', '*/pkg/logql/*'],
      {
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(`tar: ${stderr}`);
    return checkout(ARCHIVE, dir, close);
  } catch (error) {
    close();
    throw error;
  }
}
