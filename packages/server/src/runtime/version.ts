import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** The server's version, as its package has it. */
export const VERSION: string = (
  JSON.parse(readFileSync(findPackageJSON(import.meta.url)!, 'utf8')) as { version: string }
).version;
