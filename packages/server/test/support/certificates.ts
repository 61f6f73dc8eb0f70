import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Certificate and key as PEM. */
export interface Issued {
  cert: string;
  key: string;
}

export interface Authority {
  ca: string;
  /** `names` as in a subjectAltName: `DNS:localhost,IP:127.0.0.1`. Negative days: it has expired. */
  issue(names: string, days?: number): Issued;
  close(): void;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Whether certificates can be made here. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A CA of its own, valid for two days. */
export function makeAuthority(name = 'Test CA'): Authority {
  const dir = mkdtempSync(join(tmpdir(), 'authority-'));
  const path = (file: string) => join(dir, file);
  const read = (file: string) => readFileSync(path(file), 'utf8');
  openssl([
    'req',
    '-x509',
    ...KEY,
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    path('ca.key'),
    '-out',
    path('ca.pem'),
  ]);
  return {
    ca: read('ca.pem'),
    issue: (names, days = 2) => {
      writeFileSync(path('extensions'), `subjectAltName=${names}\nbasicConstraints=critical,CA:FALSE\n`);
      openssl(['req', '-new', ...KEY, '-subj', '/CN=leaf', '-keyout', path('key'), '-out', path('request')]);
      const by = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial', '-extfile', path('extensions')];
      openssl(['x509', '-req', '-in', path('request'), ...by, '-days', String(days), '-out', path('cert')]);
      return { cert: read('cert'), key: read('key') };
    },
    close: () => rmSync(dir, { recursive: true }),
  };
}

function openssl(args: readonly string[]): void {
  const made = spawnSync('openssl', args);
  if (made.status !== 0) throw new Error(`openssl: ${String(made.stderr)}`);
}
