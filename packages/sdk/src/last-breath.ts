import { spawnSync } from 'node:child_process';

/** A request that is made when the program has no time left to wait for its answer. */
export interface LastRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** How long the end of the program waits for them all. */
const LAST_MS_MAX = 2_000;

const SCRIPT = `
let text = '';
for await (const chunk of process.stdin) text += chunk;
for (const { url, ...request } of JSON.parse(text)) {
  const { ok } = await fetch(url, { method: 'POST', ...request });
  if (!ok) process.exitCode = 1;
}
`;

/**
 * Sends before the program ends, which cannot wait for anything by itself then: a child process does. Best effort; what
 * must survive a crash wants the spool. False when the server may not have taken them all.
 */
export function sendLast(requests: readonly LastRequest[], env: NodeJS.ProcessEnv): boolean {
  const { status } = spawnSync(process.execPath, ['--input-type=module', '--eval', SCRIPT], {
    input: JSON.stringify(requests),
    stdio: ['pipe', 'ignore', 'ignore'],
    timeout: LAST_MS_MAX,
    windowsHide: true,
    env,
  });
  return status === 0;
}
