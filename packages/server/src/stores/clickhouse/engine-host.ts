/**
 * The child process that is the embedded event store: ClickHouse's own HTTP server out of npm's libchdb.
 * Arguments: data directory, HTTP port, config file. Stdin is a pipe that the parent holds open.
 *
 * `chdb_query_cmdline` is clickhouse-local's main. Since ClickHouse 26.6 it has SYSTEM START LISTEN
 * (https://github.com/ClickHouse/ClickHouse/pull/101143), and a query that never ends keeps it alive.
 * ffi-rs must run it in a new thread: ClickHouse checks its stack, and refuses stacks that a library switched.
 */
import { closeSync, existsSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { libchdbPath } from 'chdb/libchdb';
import { DataType, load, open } from 'ffi-rs';
import { mendDeduplicationLogs } from './deduplication-log.ts';

const [dataDir, httpPort, configFile] = process.argv.slice(2);
if (!dataDir || !httpPort || !configFile) throw new Error('usage: engine-host DATA_DIR HTTP_PORT CONFIG_FILE');

// SIGKILL of ourselves: the data is crash-safe, and a clean stop waits 5 s for running queries.
const die = () => process.kill(process.pid, 'SIGKILL');
process.stdin.on('end', die).on('error', die).resume();
process.on('SIGTERM', die);
// Ctrl-C reaches the whole process group; the parent drains first and then stops this process.
process.on('SIGINT', () => {});

// One row a second for 31 years. It needs no grant, so that the user it runs as can be limited to SYSTEM LISTEN.
const holdQuery =
  'SELECT sleepEachRow(1) FROM numbers(1000000000) SETTINGS max_block_size = 1, max_execution_time = 0, ' +
  'function_sleep_max_microseconds_per_block = 100000000000 FORMAT Null';
const args = [
  ...['clickhouse-local', '--path', dataDir, '--config-file', configFile],
  ...['--listen_host', '127.0.0.1', '--http_port', httpPort],
  ...['--query', `SYSTEM START LISTEN HTTP; ${holdQuery}`],
];

const LOCK_EX_NB = 2 | 4;

/**
 * Runs `action` under ClickHouse's own lock on its folder, flock(2) of `status`: a server that was just killed may have
 * left an engine that is still about to put a part into its place. False when another engine has the folder.
 */
function underLock(action: () => void): boolean {
  const statusFile = join(dataDir!, 'status');
  // No engine was here before, so there is nothing to look after.
  if (!existsSync(statusFile)) return true;
  open({ library: 'c', path: process.platform === 'darwin' ? 'libSystem.B.dylib' : 'libc.so.6' });
  const handle = openSync(statusFile, 'r+');
  try {
    const flock = { library: 'c', funcName: 'flock', paramsType: [DataType.I32, DataType.I32] };
    if (load({ ...flock, retType: DataType.I32, paramsValue: [handle, LOCK_EX_NB] }) !== 0) return false;
    action();
    return true;
  } finally {
    closeSync(handle);
  }
}

mkdirSync(join(dataDir, 'metadata'), { recursive: true, mode: 0o700 });
if (!underLock(() => mendDeduplicationLogs(dataDir))) {
  writeSync(process.stderr.fd, `Cannot lock file ${join(dataDir, 'status')}: another engine runs on this folder\n`);
  die();
}
open({ library: 'chdb', path: libchdbPath() });
// The event loop must live on for stdin's end while the engine runs in its thread.
setInterval(() => {}, 2 ** 30);
const result = await load({
  library: 'chdb',
  funcName: 'chdb_query_cmdline',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [args.length, args],
  runInNewThread: true,
});
// Only an engine that could not start gets here. It either printed why, or has it in its result.
const error = {
  library: 'chdb',
  funcName: 'chdb_result_error',
  paramsType: [DataType.External],
  paramsValue: [result],
};
// ffi-rs reads a String without asking whether its pointer is null.
const errorPointer = load({ ...error, retType: DataType.U64 });
if (errorPointer !== 0) writeSync(process.stderr.fd, `${load({ ...error, retType: DataType.String })}\n`);
die();
