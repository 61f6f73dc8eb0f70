import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { keyRules } from '../../config/key-rules.ts';
import { duration, listOf, port, text, word } from '../../config/values.ts';
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
  kubernetes: word(['auto', 'off'])
    .default('auto')
    .describe(
      'Whether a pod’s labels, node and owner are asked of the Kubernetes API. `auto`: when kubernetesHost is set and a token mounted.',
    ),
  kubernetesHost: text('an IP address or a name')
    .optional()
    .describe('Kubernetes API server. Inside of a pod it is in the environment.')
    .register(keyRules, { environmentAliases: ['KUBERNETES_SERVICE_HOST'] }),
  kubernetesPort: port()
    .default(443)
    .describe('Its HTTPS port.')
    .register(keyRules, { environmentAliases: ['KUBERNETES_SERVICE_PORT'] }),
  kubernetesDir: text('an absolute path', /^\//)
    .default('/var/run/secrets/kubernetes.io/serviceaccount')
    .describe('Directory with `token` and `ca.crt` of the service account.'),
  pollInterval: duration(10, 60_000).default(250).describe('Time between looks at the known files.'),
});
