import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { duration, listOf, text, word } from '../../config/values.ts';
import { listenerApiKey } from '../util/listener-config.ts';

const readGlob = (raw: unknown): string | undefined =>
  typeof raw === 'string' && isAbsolute(raw) && !raw.includes('\0') ? raw : undefined;

/** A regular expression that begins an event; one that does not compile is refused at start. */
const canCompile = (source: string): boolean => {
  try {
    new RegExp(source, 'u');
    return true;
  } catch {
    return false;
  }
};

export const fileTailConfig = z.strictObject({
  paths: listOf('absolute paths that may hold `*`, `**`, `?` and `{a,b}`', readGlob)
    .default([])
    .describe('Log files to read, such as `/var/log/pods/*/*/*.log`. Compressed files are never read.'),
  exclude: listOf('absolute paths that may hold `*`, `**`, `?` and `{a,b}`', readGlob)
    .default([])
    .describe('Files that are not read though `paths` names them.'),
  apiKey: listenerApiKey('log files'),
  service: text('a name').optional().describe('Service of events that name none. Without it the container’s name.'),
  multiline: word(['auto', 'off'])
    .default('auto')
    .describe('Whether lines of a stack trace (Java, .NET, Python, Go, Node, Ruby, PHP) are joined into one event.'),
  multilineStart: listOf('regular expressions', (raw) => (typeof raw === 'string' && canCompile(raw) ? raw : undefined))
    .default([])
    .describe('Where an event begins, for lines of another form: every line that matches none joins the one before.'),
  fromBeginning: word(['on', 'off'])
    .default('on')
    .describe('Whether files that are there at the first start are read from their beginning, or only what is added.'),
  scanInterval: duration(100, 3_600_000).default(5000).describe('Time between searches for new files.'),
  pollInterval: duration(10, 60_000).default(250).describe('Time between looks at the known files.'),
});
