import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { peerServer } from '../support/peer.ts';
import { ADMIN_KEY, allEvents, request, tempDir } from '../support/server.ts';

const REMOTE = '/lib/systemd/systemd-journal-remote';
const UPLOAD = '/lib/systemd/systemd-journal-upload';
const isMissing = !existsSync(REMOTE) || !existsSync(UPLOAD);
const EVENTS = 500;
const BOOT = '0123456789abcdef0123456789abcdef';

/** A value with a line feed is written with its size. */
function field(name: string, value: string): Buffer {
  if (!value.includes('\n')) return Buffer.from(`${name}=${value}\n`);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(Buffer.byteLength(value)));
  return Buffer.concat([Buffer.from(`${name}\n`), size, Buffer.from(`${value}\n`)]);
}

const messageOf = (i: number) => (i % 5 === 0 ? `order ${i}\n  at größe 😀` : `order ${i} a=b`);

/** A journal file, made by systemd-journal-remote from an export. `padBytes` makes each entry larger. */
async function makeJournal(identifier: string, count = EVENTS, padBytes = 0): Promise<string> {
  const dir = tempDir();
  const beganAt = Date.now() * 1000 - count;
  const entries = Array.from({ length: count }, (_, i) =>
    Buffer.concat([
      field('__REALTIME_TIMESTAMP', String(beganAt + i)),
      field('__MONOTONIC_TIMESTAMP', String(1000 + i)),
      field('_BOOT_ID', BOOT),
      field('PRIORITY', String(i % 8)),
      field('SYSLOG_IDENTIFIER', identifier),
      field('_SYSTEMD_UNIT', 'shop.service'),
      field('_HOSTNAME', 'box-1'),
      field('ORDER_NO', String(i)),
      field('TAG', 'a'),
      field('TAG', 'b'),
      field('MESSAGE', messageOf(i)),
      // Looks like the end of an entry.
      field('PAD', 'x\n\n'.repeat(padBytes / 3)),
      Buffer.from('\n'),
    ]),
  );
  writeFileSync(join(dir, 'in.export'), Buffer.concat(entries));
  await promisify(execFile)(REMOTE, ['-o', join(dir, 'x.journal'), join(dir, 'in.export')]);
  return join(dir, 'x.journal');
}

/** Runs systemd-journal-upload over the file; resolves with its exit code. */
function upload(file: string, url: string): Promise<number> {
  const args = [`--url=${url}`, `--file=${file}`, `--save-state=${file}.state`, '--follow=no'];
  return promisify(execFile)(UPLOAD, args, { timeout: 20_000 }).then(
    () => 0,
    (error: { code: number }) => error.code,
  );
}

describe.skipIf(isMissing)('systemd-journal-upload (skipped where systemd-journal-remote is not installed)', () => {
  const peer = peerServer(() => ({ env: { TAILWATER_LIMITS_BODY_BYTES_MAX: String(1 << 20) } }));
  const urlWith = (key: string) => `http://upload:${key}@127.0.0.1:${peer.port('http')}`;

  test('every entry of a journal is found once, with its fields', async () => {
    const file = await makeJournal('shop');
    expect(await upload(file, urlWith(ADMIN_KEY))).toBe(0);
    const events = await peer.found('shop', EVENTS);
    expect(events).toHaveLength(EVENTS);
    const severities = ['critical', 'critical', 'critical', 'error', 'warn', 'info', 'info', 'debug'];
    for (const [i, event] of events.entries()) {
      expect(event).toMatchObject({
        ...{ message: messageOf(i), host: 'box-1', severity: severities[i % 8], receiver: 'journald' },
        client_event_id: expect.stringMatching(/^s=\w+;i=\w+;b=/),
        metadata: { ORDER_NO: String(i), _SYSTEMD_UNIT: 'shop.service', TAG: ['a', 'b'], _BOOT_ID: BOOT },
      });
    }
    // It saved its cursor: nothing comes twice.
    expect(await upload(file, urlWith(ADMIN_KEY))).toBe(0);
    expect(await allEvents(peer, 'service=shop&from=-1h')).toHaveLength(EVENTS);
  });

  test('with a wrong key it fails, and keeps its place', async () => {
    const file = await makeJournal('wrong');
    expect(await upload(file, urlWith('tw_no_such_key'))).not.toBe(0);
    expect(await allEvents(peer, 'service=wrong&from=-1h')).toEqual([]);
    expect(await upload(file, urlWith(ADMIN_KEY))).toBe(0);
    const events = await peer.found('wrong', EVENTS);
    expect(events).toHaveLength(EVENTS);
  });

  test('a backlog of many times limits.bodyBytesMax, which it sends as one request: once', async () => {
    const count = 1000;
    const file = await makeJournal('backlog', count, 3000);
    expect(await upload(file, urlWith(ADMIN_KEY))).toBe(0);
    const events = await peer.found('backlog', count);
    expect(events.map(({ metadata }) => (metadata as { ORDER_NO: string }).ORDER_NO)).toEqual(
      Array.from({ length: count }, (_, i) => String(i)),
    );
  });

  test('what was taken of a request that failed half-way is not taken again', async () => {
    const count = 1000;
    const file = await makeJournal('half', count, 3000);
    const setQuota = (events: number | null) =>
      request(peer, '/api/orgs/default', {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ingest_quota: { events_per_day: events } }),
      });
    const sentToday = (await allEvents(peer, 'from=-1h')).length;
    expect((await setQuota(sentToday + 300)).status).toBe(200);
    expect(await upload(file, urlWith(ADMIN_KEY))).not.toBe(0);
    await setQuota(null);
    const before = (await peer.found('half', 300)).length;
    expect(before).toBeLessThan(count);
    // It kept its cursor, and begins anew.
    expect(await upload(file, urlWith(ADMIN_KEY))).toBe(0);
    expect(await peer.found('half', count)).toHaveLength(count);
  });

  test('a request that it leaves open, reading from a pipe: events are found meanwhile', async () => {
    const client = spawn(UPLOAD, [`--url=${urlWith(ADMIN_KEY)}`, '-'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const ended = once(client, 'exit');
    const entry = (i: number) =>
      Buffer.concat([field('SYSLOG_IDENTIFIER', 'pipe'), field('MESSAGE', messageOf(i)), Buffer.from('\n')]);
    try {
      for (let i = 0; i < 3; i++) {
        client.stdin.write(entry(i));
        expect(await peer.found('pipe', i + 1)).toHaveLength(i + 1);
        expect(client.exitCode).toBeNull();
      }
    } finally {
      client.stdin.end();
    }
    expect(await ended).toEqual([0, null]);
    expect(await peer.found('pipe', 3)).toHaveLength(3);
  });
});
