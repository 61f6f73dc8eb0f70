import { afterAll, expect, test } from 'vitest';
import { openStore } from '../../src/stores/open.ts';
import { childPids, eventually, removeTempDirs, tempDir } from '../support/server.ts';

afterAll(() => removeTempDirs());

test('a store that is closed while its engine starts leaves no engine behind', async () => {
  const before = childPids(process.pid);
  const faults: unknown[] = [];
  const store = openStore({
    dataDir: tempDir(),
    engineMemoryBytesMax: 512 << 20,
    external: null,
    onConnection: () => {},
    onFault: (error) => faults.push(error),
  });
  const started = () => childPids(process.pid).filter((pid) => !before.includes(pid));
  await eventually(async () => (started().length > 0 ? true : undefined));
  await store.close();
  await store.opened;
  expect(started()).toEqual([]);
  expect(faults).toEqual([]);
});
