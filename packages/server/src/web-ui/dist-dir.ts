import { existsSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';

/** The folder of the built pages: `dist` of the package `@tailwater/web`. Null while they are not built. */
export function webUiDir(): string | null {
  const manifest = manifestOfPages();
  if (manifest === undefined) return null;
  const dir = join(dirname(manifest), 'dist');
  return existsSync(join(dir, 'index.html')) ? dir : null;
}

function manifestOfPages(): string | undefined {
  try {
    return findPackageJSON('@tailwater/web', import.meta.url);
  } catch {
    // An installation of the server alone.
    return undefined;
  }
}
