import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { runUntilSignal } from './serve.ts';

class Signals extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

test.each(['SIGTERM', 'SIGINT'])('%s stops the server and leaves no listener', async (signal) => {
  const signals = new Signals();
  let stops = 0;
  const running = runUntilSignal(async () => ({ stop: async () => void stops++ }), signals);
  signals.emit(signal);
  await running;
  expect({ stops, exits: signals.exits, listeners: signals.eventNames() }).toEqual({
    stops: 1,
    exits: [],
    listeners: [],
  });
});

test('a signal during the start stops right after it', async () => {
  const signals = new Signals();
  const started = Promise.withResolvers<void>();
  let stops = 0;
  const running = runUntilSignal(() => started.promise.then(() => ({ stop: async () => void stops++ })), signals);
  signals.emit('SIGTERM');
  expect(stops).toBe(0);
  started.resolve();
  await running;
  expect(stops).toBe(1);
});

test('a second signal does not wait', async () => {
  const signals = new Signals();
  const stopped = Promise.withResolvers<void>();
  const running = runUntilSignal(async () => ({ stop: () => stopped.promise }), signals);
  signals.emit('SIGTERM');
  signals.emit('SIGINT');
  expect(signals.exits).toEqual([1]);
  stopped.resolve();
  await running;
});

test.each([
  ['start', () => runUntilSignal(() => Promise.reject(new Error('no disk')), new Signals())],
  [
    'stop',
    () => {
      const signals = new Signals();
      const running = runUntilSignal(async () => ({ stop: () => Promise.reject(new Error('no disk')) }), signals);
      signals.emit('SIGTERM');
      return running;
    },
  ],
])("a failing %s is the caller's to tell", async (_name, run) => {
  await expect(run()).rejects.toThrow('no disk');
});
