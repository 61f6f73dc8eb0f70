import { spawnSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDice } from '../fuzz/mutate.ts';
import { allEvents, eventually, removeTempDirs, request, spawnServer, tempDir } from '../support/server.ts';

/**
 * The data directory on a 64 MB tmpfs. It fills up, clients are told to wait, reads go on, space comes back, ingest
 * goes on, and nothing that was acknowledged is missing. Needs root for the mount; says so and passes without.
 */
export async function diskFullTest({ seed, print }: { seed: number; print(line: string): void }): Promise<boolean> {
  const dir = tempDir();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', dir]).status !== 0) {
    print('disk full: SKIPPED, mounting a tmpfs needs root');
    return true;
  }
  try {
    return await fillAndRecover(dir, createDice(seed), print);
  } finally {
    spawnSync('umount', ['-l', dir]);
    removeTempDirs();
  }
}

async function fillAndRecover(dir: string, dice: (below: number) => number, print: (line: string) => void) {
  // Somebody else's file on the same disk, whose removal gives space back.
  const ballast = join(dir, 'ballast');
  writeFileSync(ballast, Buffer.alloc(24 << 20, 1));
  const server = await spawnServer({ dataDir: join(dir, 'data') });
  let acknowledged = 0;
  let next = 0;
  const send = async () => {
    const body = Array.from({ length: 500 }, () => eventLine(next++, dice)).join('\n');
    const response = await request(server, '/api/logs', { method: 'POST', body });
    await response.arrayBuffer();
    if (response.status === 202) acknowledged += 500;
    return response;
  };
  let refused: Response | null = null;
  for (let i = 0; i < 2000 && refused === null; i++) {
    const response = await send();
    if (response.status !== 202) refused = response;
  }
  const answer = `${refused?.status} Retry-After ${refused?.headers.get('retry-after')}`;
  const free = statfsSync(dir);
  const readable = (await allEvents(server, 'service=disk-full&from=-1d&q=event')).length;
  const acknowledgedWhenFull = acknowledged;
  rmSync(ballast);
  await eventually(async () => ((await send()).status === 202 ? true : undefined), 60_000);
  const stored = await eventually(async () => {
    const events = await allEvents(server, 'service=disk-full&from=-1d');
    return events.length >= acknowledged ? events.length : undefined;
  }, 60_000);
  await server.stop();
  print(
    `disk full: refused with ${answer} after ${acknowledgedWhenFull} events, ${free.bavail * free.bsize} bytes free, ${readable} readable meanwhile; ${acknowledged} acknowledged in all, ${stored} stored`,
  );
  const told = (refused?.status === 503 || refused?.status === 507) && refused.headers.has('retry-after');
  return told && readable > 0 && stored === acknowledged;
}

function eventLine(number: number, dice: (below: number) => number): string {
  const noise = Array.from({ length: 40 }, () => dice(1 << 30).toString(36)).join('');
  return JSON.stringify({ message: `event ${number} ${noise}`, service: 'disk-full', number });
}
