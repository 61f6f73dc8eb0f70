import type { TestProject } from 'vitest/node';
import { removeTempDirs, spawnServer } from './server.ts';

/** One server for all files that `sharedServer` is enough for: each start costs 2 s of CPU. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await spawnServer({ env: { TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms' } });
  const { listeners } = server.ready as { listeners: Record<string, number> };
  project.provide('sharedServer', { url: server.url, httpPort: server.httpPort, listeners });
  return async () => {
    const code = await server.stop();
    removeTempDirs();
    if (code !== 0) throw new Error(`the shared server ended with ${code}: ${server.stderr()}`);
  };
}
