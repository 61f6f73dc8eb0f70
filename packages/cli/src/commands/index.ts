import type { Command } from 'commander';

/** A command before what it needs is loaded: most of the time only one of them is. */
export interface CommandEntry {
  name: string;
  description: string;
  /** Loads what adds its arguments, options, subcommands and action. */
  load(): Promise<(command: Command) => void | Promise<void>>;
}

/** Commands by heading, in the order of the help. */
export const COMMANDS: Readonly<Record<string, readonly CommandEntry[]>> = {
  'Find:': [
    { name: 'recent', description: 'the newest events', load: async () => (await import('./find.ts')).addRecent },
    {
      name: 'errors',
      description: 'the newest errors, and worse',
      load: async () => (await import('./find.ts')).addErrors,
    },
    { name: 'user', description: 'what a user did', load: async () => (await import('./find.ts')).addUser },
    { name: 'search', description: 'events that hold words', load: async () => (await import('./find.ts')).addSearch },
    {
      name: 'logs',
      description: 'events by any field, of any time',
      load: async () => (await import('./logs.ts')).addLogs,
    },
    { name: 'tail', description: 'watch events as they come', load: async () => (await import('./tail.ts')).addTail },
    {
      name: 'trace',
      description: 'all events of a trace, in their order',
      load: async () => (await import('./related.ts')).addTrace,
    },
    {
      name: 'context',
      description: 'an event among those of the same service and host',
      load: async () => (await import('./related.ts')).addContext,
    },
    {
      name: 'why',
      description: 'how an event came to be as it is: received, changed, stored, forwarded',
      load: async () => (await import('./why.ts')).addWhy,
    },
  ],
  'Overview:': [
    {
      name: 'stats',
      description: 'how much, of what, and the most frequent errors',
      load: async () => (await import('./stats.ts')).addStats,
    },
    {
      name: 'producers',
      description: 'programs that number their events: up to when nothing is missing',
      load: async () => (await import('./producers.ts')).addProducers,
    },
    {
      name: 'coverage',
      description: 'declared events against those that come: tailwater.events.yaml',
      load: async () => (await import('./coverage.ts')).addCoverage,
    },
    {
      name: 'estimate',
      description: 'storage and cost to come, here and at the well-known vendors',
      load: async () => (await import('./estimate.ts')).addEstimate,
    },
    {
      name: 'doctor',
      description: 'what is wrong with this installation and its server, and the cure',
      load: async () => (await import('./doctor.ts')).addDoctor,
    },
  ],
  'Send:': [
    {
      name: 'send',
      description: 'send one event and wait until it is stored',
      load: async () => (await import('./send.ts')).addSend,
    },
    {
      name: 'pipe',
      description: 'pass stdin through to stdout and send every line',
      load: async () => (await import('./pipe.ts')).addPipe,
    },
    {
      name: 'run',
      description: 'run a command, show what it prints, and send every line of it',
      load: async () => (await import('./run.ts')).addRun,
    },
    {
      name: 'events',
      description: 'check tailwater.events.yaml, make types of it, give it to the server',
      load: async () => (await import('./events.ts')).addEvents,
    },
    {
      name: 'levels',
      description: 'from which severity on loggers emit, in programs that run the SDK',
      load: async () => (await import('./levels.ts')).addLevels,
    },
  ],
  'Run and administer:': [
    {
      name: 'serve',
      description: 'run the server (`tailwater serve --help` lists its options)',
      load: async () => (await import('./serve.ts')).addServe,
    },
    {
      name: 'keys',
      description: 'list, make and revoke API keys',
      load: async () => (await import('./keys.ts')).addKeys,
    },
    {
      name: 'sign-in',
      description: 'print a link that signs in to the web UI, once',
      load: async () => (await import('./sign-in.ts')).addSignIn,
    },
    {
      name: 'secrets',
      description: 'keys that seal the credentials of integrations',
      load: async () => (await import('./secrets.ts')).addSecrets,
    },
    { name: 'orgs', description: 'list and make orgs', load: async () => (await import('./orgs.ts')).addOrgs },
    {
      name: 'profile',
      description: 'servers by name, with their keys, in a file that only you can read',
      load: async () => (await import('./profile.ts')).addProfile,
    },
    {
      name: 'completion',
      description: 'what makes a shell complete commands and options',
      load: async () => (await import('./completion.ts')).addCompletion,
    },
  ],
};
