import { expect, test } from 'vitest';
import { READ_ALL, Ring } from './ring.ts';

function filled(size: number, events: number): Ring {
  const ring = new Ring(size);
  for (let i = 0; i < events; i++) ring.push(`${i}\n`, 1000 + i, 0);
  return ring;
}
const prepareAll = (ring: Ring) => {
  while (ring.prepared < ring.next) ring.prepare(ring.unprepared);
};

test('lines come out in order, as a range with the time of the last', () => {
  const ring = filled(10, 5);
  prepareAll(ring);
  expect(ring.take(3, 1000)).toMatchObject({ first: 0, count: 3, atMs: 1002, body: Buffer.from('0\n1\n2\n') });
  expect(ring.take(100, 1000)).toMatchObject({ first: 3, count: 2, atMs: 1004 });
  expect(ring.take(100, 1000)).toBeNull();
});

test.each([3, 10, 1000])('a ring of %i drops the oldest and counts it', (size) => {
  const ring = filled(size, size * 2 + 1);
  prepareAll(ring);
  expect(ring.overflowed).toBe(size + 1);
  expect(ring.unseen).toBe(size + 1);
  expect(ring.take(10_000, 1e6)).toMatchObject({ first: size + 1, count: size });
});

test('only what is prepared is taken', () => {
  const ring = filled(10, 3);
  expect(ring.take(10, 1000)).toBeNull();
  ring.prepare('changed\n');
  expect(ring.ready).toBe(1);
  expect(ring.take(10, 1000)?.body.toString()).toBe('changed\n');
});

test('a prepared line that had to go was seen', () => {
  const ring = filled(2, 2);
  prepareAll(ring);
  ring.push('2\n', 0, READ_ALL);
  expect(ring).toMatchObject({ overflowed: 1, unseen: 0, head: 1, scanFrom: READ_ALL });
});

test('a shipment ends at its size, but has one event at least', () => {
  const ring = filled(10, 5);
  prepareAll(ring);
  expect(ring.take(10, 1)?.count).toBe(1);
  expect(ring.take(10, 3)?.count).toBe(2);
});

test('memory is bounded whatever the events have', () => {
  const ring = new Ring(1 << 20);
  const line = 'x'.repeat(1 << 20);
  for (let i = 0; i < 100; i++) ring.push(line, 0, 0);
  expect(ring.next - ring.head).toBeLessThan(70);
  expect(ring.overflowed).toBe(100 - (ring.next - ring.head));
});
