#!/usr/bin/env node
import { endWithReader } from './output.ts';
import { run } from './program.ts';

endWithReader(process.stdout);
process.exitCode = await run(process.argv.slice(2), process.stderr);
