#!/usr/bin/env node
import { endWithReader } from './output.ts';
import { run } from './program.ts';

const args = process.argv.slice(2);
// Those two have lines to send yet when the reader of their output is gone.
if (args[0] !== 'pipe' && args[0] !== 'run') endWithReader(process.stdout);
process.exitCode = await run(args, process.stderr);
