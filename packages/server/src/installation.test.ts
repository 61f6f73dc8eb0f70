import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from './config.ts';
import { isDataDirInUse, wantedPorts } from './installation.ts';
import { lockDataDir } from './journal/disk/lock.ts';

const configOf = (flags: Record<string, string>) => loadConfig({ flags, environment: {}, readFile: () => '' });

test('the ports of a configuration', () => {
  const flags = { 'receivers-syslog-udp': '5514', 'receivers-host': '0.0.0.0', 'receivers-otlp-grpc': 'off' };
  expect(wantedPorts(configOf(flags))).toEqual([
    { key: 'http.port', host: '127.0.0.1', port: 4750, protocol: 'tcp', isOptional: false },
    { key: 'receivers.otlp.http', host: '0.0.0.0', port: 4318, protocol: 'tcp', isOptional: true },
    { key: 'receivers.syslog.udp', host: '0.0.0.0', port: 5514, protocol: 'udp', isOptional: false },
  ]);
});

test('ports that the system chooses are none to look at', () => {
  const flags = { 'http-port': '0', 'receivers-otlp-http': '0', 'receivers-otlp-grpc': 'off' };
  expect(wantedPorts(configOf(flags))).toEqual([]);
});

test('a data directory in use', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tailwater-'));
  try {
    expect(isDataDirInUse(dir)).toBe(false);
    const lock = lockDataDir(dir);
    expect(isDataDirInUse(dir)).toBe(true);
    lock.release();
    expect(isDataDirInUse(dir)).toBe(false);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
