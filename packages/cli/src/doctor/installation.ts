import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { bytesText, shareText } from '../quantity.ts';
import { type Finding, fail, messageOf, ok, skip, warn } from './finding.ts';
import { holderOf, isFree } from './ports.ts';

/** Free space below which the journal stops taking events, where configuration does not say otherwise. */
const RESERVE_BYTES = 256 * 2 ** 20;
const LOW_SHARE = 0.1;
const NODE_MAJOR_MIN = 24;

/** What `serve` would be told by flags. */
export type ServeFlags = Readonly<Record<string, string>>;

type Server = typeof import('@tailwater/server/installation');
type Config = ReturnType<Server['loadConfigOfProcess']>;

/** What can be said of this machine without a server. `ownPort`: of a Tailwater that answers, so that it may be taken. */
export async function checkInstallation(flags: ServeFlags, ownPort: number | null): Promise<Finding[]> {
  const server = await import('@tailwater/server/installation');
  const findings = [checkNode()];
  const config = loadConfig(server, flags, findings);
  if (config === null) return findings;
  findings.push(...checkDataDir(resolve(config.dataDir), config, server.isDataDirInUse, ownPort !== null));
  findings.push(await checkEngine(server, config));
  findings.push(...(await checkPorts(server.wantedPorts(config), ownPort)));
  return findings;
}

function checkNode(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= NODE_MAJOR_MIN) return ok('node', `Node ${process.versions.node}`);
  const cure = `Use Node ${NODE_MAJOR_MIN} or newer; \`npm install\` brings one into node_modules/.bin.`;
  return fail('node', `Node ${process.versions.node} is too old`, cure);
}

function loadConfig(server: Server, flags: ServeFlags, findings: Finding[]): Config | null {
  try {
    const config = server.loadConfigOfProcess(flags);
    const from = flags.config === undefined ? 'environment and defaults' : flags.config;
    findings.push(ok('config', `it can be read (${from})`));
    return config;
  } catch (error) {
    if (!(error instanceof server.ConfigError)) throw error;
    for (const { path, from, message } of error.problems) {
      const what = `${from}: ${path === from ? '' : `${path}: `}${message}`;
      findings.push(fail('config', what, 'Mend or remove it; docs/reference/configuration.md has every key.'));
    }
    return null;
  }
}

function checkDataDir(
  dir: string,
  config: Config,
  isInUse: (dir: string) => boolean,
  isServerThere: boolean,
): Finding[] {
  const existing = nearestExisting(dir);
  const { uid } = statSync(existing);
  const findings: Finding[] = [];
  const own = process.getuid?.();
  try {
    accessSync(existing, constants.R_OK | constants.W_OK | constants.X_OK);
    findings.push(ok('data directory', existing === dir ? `${dir} can be written` : `${dir} can be made`));
  } catch {
    const what = `${existing} cannot be written by this user (its owner has id ${uid}, this user ${own})`;
    findings.push(fail('data directory', what, `\`chown -R ${own} ${existing}\`, or name another with --data-dir.`));
  }
  if (existing === dir && own !== undefined && own !== 0 && uid !== own) {
    const cure = 'Run doctor and serve as its owner, or change the owner.';
    findings.push(warn('data directory', `${dir} is owned by another user (id ${uid})`, cure));
  }
  if (existing === dir) findings.push(checkLock(dir, isInUse, isServerThere));
  else if (isServerThere) {
    const cure = 'Say with --data-dir or --config what the server was started with.';
    findings.push(warn('data directory', `a server runs, but not with ${dir}, which does not exist`, cure));
  }
  findings.push(checkSpace(existing, config.journal.reserveBytes));
  return findings;
}

function checkLock(dir: string, isInUse: (dir: string) => boolean, isServerThere: boolean): Finding {
  try {
    if (!isInUse(dir)) return ok('data directory', 'no server has it open');
  } catch (error) {
    return skip('data directory', `whether a server has it open cannot be seen: ${messageOf(error)}`);
  }
  if (isServerThere) return ok('data directory', 'a server has it open');
  const cure = 'It may still start or stop, or listen on another port: name it with --url.';
  return warn('data directory', `a server has ${dir} open, but none answers at the address`, cure);
}

function checkSpace(dir: string, reserveBytes: number | undefined): Finding {
  const { bavail, blocks, bsize } = statfsSync(dir);
  const free = bavail * bsize;
  const size = blocks * bsize;
  const what = `${bytesText(free)} of ${bytesText(size)} free (${shareText(free, size)})`;
  const reserve = reserveBytes ?? Math.min(RESERVE_BYTES, size / 10);
  if (free <= reserve) {
    return fail(
      'disk',
      `${what}: below ${bytesText(reserve)} no event is taken`,
      'Make room, or keep events for fewer days.',
    );
  }
  if (free > size * LOW_SHARE) return ok('disk', what);
  return warn('disk', what, 'Make room before it is full: `tailwater estimate` says what is to come.');
}

function nearestExisting(dir: string): string {
  let existing = dir;
  while (!existsSync(existing)) existing = dirname(existing);
  return existing;
}

async function checkEngine({ engineFault }: Server, config: Config): Promise<Finding> {
  if (config.store.clickhouse.url !== undefined) return skip('engine', 'events are stored in a ClickHouse server');
  const fault = await engineFault();
  if (fault === null) return ok('engine', 'the embedded ClickHouse can be loaded');
  const cure = 'Install again (`npm install`) on this machine: its library is of one platform. Or set CLICKHOUSE_URL.';
  return fail('engine', `the embedded ClickHouse cannot be loaded: ${fault}`, cure);
}

async function checkPorts(wanted: ReturnType<Server['wantedPorts']>, ownPort: number | null): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { key, host, port, protocol, isOptional } of wanted) {
    const state = await isFree(host, port, protocol);
    const name = `${key} ${port}`;
    if (state === 'free') findings.push(ok('ports', `${name} is free`));
    else if (state === 'taken') findings.push(takenPort({ key, name, port, isOptional }, ownPort));
    else findings.push(fail('ports', `${name}: ${state}`, `Set ${key} to a port that this user may open on ${host}.`));
  }
  return findings;
}

interface TakenPort {
  key: string;
  name: string;
  port: number;
  isOptional: boolean;
}

function takenPort({ key, name, port, isOptional }: TakenPort, ownPort: number | null): Finding {
  const holder = holderOf(port);
  const by = holder === null ? 'another program' : `${holder.command} (process ${holder.pid})`;
  const server = ownPort === null ? null : holderOf(ownPort);
  if (port === ownPort || (server !== null && server.pid === holder?.pid)) {
    return ok('ports', `${name} is open: the server that runs`);
  }
  const cure = `Stop it, or set ${key} to another port.`;
  return isOptional
    ? warn('ports', `${name} is taken by ${by}: the server starts without it`, cure)
    : fail('ports', `${name} is taken by ${by}`, cure);
}
