import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { JournalProgress } from './progress.ts';

test('a publication is read as a whole, and wakes those who wait', async () => {
  const progress = new JournalProgress();
  const { version } = progress.read();
  const changed = progress.changed(version, new AbortController().signal);
  progress.publish({ next: 2 ** 47, segment: 5, segmentBytes: 7 });
  await changed;
  expect(progress.read()).toEqual({ version: version + 2, next: 2 ** 47, segment: 5, segmentBytes: 7 });
  await progress.changed(version, new AbortController().signal);
});

test('waiting ends with its signal', async () => {
  const progress = new JournalProgress();
  const stop = new AbortController();
  const changed = progress.changed(progress.read().version, stop.signal);
  stop.abort();
  await changed;
  await progress.changed(progress.read().version, stop.signal);
});

test('another thread is woken, and never sees numbers of two publications', async () => {
  const progress = new JournalProgress();
  const code = `
    const { workerData, parentPort } = require('node:worker_threads');
    parentPort.on('message', () => {});
    import(workerData.module).then(async ({ JournalProgress }) => {
      const progress = new JournalProgress(workerData.buffer);
      parentPort.postMessage('ready');
      for (;;) {
        const end = progress.read();
        if (end.segment !== end.next * 2 || end.segmentBytes !== end.next * 3) return parentPort.postMessage(end);
        if (end.next === 20000) return parentPort.postMessage('all seen');
        await progress.changed(end.version, new AbortController().signal);
      }
    });`;
  const module = new URL('./progress.ts', import.meta.url).href;
  const worker = new Worker(code, { eval: true, workerData: { module, buffer: progress.buffer } });
  try {
    expect(await once(worker, 'message')).toEqual(['ready']);
    const answer = once(worker, 'message');
    for (let next = 1; next <= 20_000; next += 1) {
      progress.publish({ next, segment: next * 2, segmentBytes: next * 3 });
      if (next % 5000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await answer).toEqual(['all seen']);
  } finally {
    await worker.terminate();
  }
});
