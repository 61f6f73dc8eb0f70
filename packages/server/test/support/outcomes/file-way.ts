import { appendFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bed } from './bed.ts';
import type { OpenWay, OutcomeRow } from './way.ts';

/** Files that are written while they are read. They keep what is not taken. */
export const fileRow: OutcomeRow = {
  ...{ title: 'file-tail.files', receiver: 'file-tail', listener: 'files', learns: 'kept' },
  open,
};

async function open(bed: Bed): Promise<OpenWay> {
  const dir = join(bed.dir, 'logs');
  await mkdir(dir, { recursive: true });
  const section = { paths: [`${dir}/*.log`], pollInterval: 10, scanInterval: 100, apiKey: bed.apiKey };
  const opened = await bed.openListener('file-tail', 'files', { 'file-tail': section });
  return {
    sender: (index) => ({
      async send(messages) {
        await appendFile(join(dir, `${index}.log`), messages.map((message) => `${message}\n`).join(''));
        return { acknowledged: [], rest: 'handed' };
      },
      close: () => {},
    }),
    abuse: () => abuse(dir),
    close: () => opened.close(),
  };
}

/** Files that hold anything, are no files, and go away. */
async function abuse(dir: string): Promise<void> {
  await writeFile(join(dir, 'noise.log'), Buffer.alloc(3000, 0xff));
  await writeFile(join(dir, 'zeros.log'), Buffer.alloc(3000));
  await writeFile(join(dir, 'deep.log'), `${'{"a":'.repeat(20_000)}\n${'['.repeat(20_000)}\n`);
  await writeFile(join(dir, 'docker.log'), '{"log":7}\n{"log":"x\\n","stream":"stdout","time":"never"}\n{"log":"cut');
  await writeFile(join(dir, 'long.log'), 'x'.repeat(3 << 20));
  await writeFile(join(dir, 'empty.log'), '');
  await mkdir(join(dir, 'folder.log'), { recursive: true });
  await rename(join(dir, 'zeros.log'), join(dir, 'gone.txt'));
}
