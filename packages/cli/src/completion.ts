import type { Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What can stand behind some words of a command line. */
interface Place {
  /** Names of commands behind the program's own: `keys list`; empty for the program. */
  path: string;
  commands: readonly { name: string; description: string }[];
  options: readonly Option[];
  /** What the first argument may be, where it is one of a few. */
  choices: readonly string[];
}

/** A script that completes commands, options and their values, from the tree of commands. @throws on a name no shell takes. */
export function renderCompletion(program: Command, shell: Shell, name: string): string {
  if (!/^[\w-]+$/.test(name)) throw new Error(`\`${name}\` cannot be the name of a command`);
  const places = placesOf(program, '');
  const text = { bash: renderBash, zsh: renderZsh, fish: renderFish }[shell](places, name);
  return `# Made by \`tailwater completion ${shell}\`.\n${text}`;
}

function placesOf(command: Command, path: string): Place[] {
  const children = command.commands.map((child) => ({ name: child.name(), description: child.description() }));
  const place: Place = {
    path,
    commands: children,
    options: command.options,
    choices: command.registeredArguments[0]?.argChoices ?? [],
  };
  return [place, ...command.commands.flatMap((child) => placesOf(child, `${path} ${child.name()}`.trim()))];
}

const flagsOf = ({ long, short }: Option): string[] => [long, short].filter((flag) => flag !== undefined);
const takesValue = ({ required, optional }: Option): boolean => required || optional;
const wordsOf = ({ commands, options, choices }: Place): string[] => [
  ...commands.map(({ name }) => name),
  ...choices,
  ...options.flatMap(flagsOf),
  '--help',
];
/** In single quotes, for bash and zsh. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The lines of `case` that follow the commands typed so far, and that find what can come next. */
function renderCases(places: readonly Place[]): { steps: string; values: string; words: string } {
  const steps = places.flatMap(({ path, commands }) =>
    commands.map(({ name }) => `      ${quoted(`${path}|${name}`)}) place=${quoted(`${path} ${name}`.trim())} ;;`),
  );
  const values = places.flatMap(({ path, options }) =>
    options.filter(takesValue).flatMap((option) => {
      const found = option.argChoices === undefined ? 'files=1' : `words=${quoted(option.argChoices.join(' '))}`;
      return flagsOf(option).map((flag) => `    ${quoted(`${path}|${flag}`)}) ${found} ;;`);
    }),
  );
  const words = places.map((place) => `      ${quoted(place.path)}) words=${quoted(wordsOf(place).join(' '))} ;;`);
  return { steps: steps.join('\n'), values: values.join('\n'), words: words.join('\n') };
}

function renderBash(places: readonly Place[], name: string): string {
  const { steps, values, words } = renderCases(places);
  const it = `_${name.replaceAll('-', '_')}`;
  return `${it}() {
  local place='' words='' files='' i current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$place|\${COMP_WORDS[i]}" in
${steps}
    esac
  done
  case "$place|$before" in
${values}
    *)
    case "$place" in
${words}
    esac ;;
  esac
  if [ -n "$files" ]; then COMPREPLY=($(compgen -f -- "$current")); else COMPREPLY=($(compgen -W "$words" -- "$current")); fi
}
complete -o default -F ${it} ${name}
`;
}

function renderZsh(places: readonly Place[], name: string): string {
  const { steps, values, words } = renderCases(places);
  const it = `_${name.replaceAll('-', '_')}`;
  return `#compdef ${name}
${it}() {
  local place='' words_here='' files='' i before="\${words[CURRENT-1]}"
  for ((i = 2; i < CURRENT; i++)); do
    case "$place|\${words[i]}" in
${steps}
    esac
  done
  case "$place|$before" in
${values.replaceAll(' words=', ' words_here=')}
    *)
    case "$place" in
${words.replaceAll(' words=', ' words_here=')}
    esac ;;
  esac
  if [ -n "$files" ]; then _files; else compadd -- \${=words_here}; fi
}
if [ "$funcstack[1]" = ${quoted(it)} ]; then ${it} "$@"; else compdef ${it} ${name}; fi
`;
}

/** fish has its own quotes: a backslash stands for itself but before a quote. */
const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function renderFish(places: readonly Place[], name: string): string {
  const lines = places.flatMap((place) => {
    const parts = place.path === '' ? [] : place.path.split(' ');
    const seen = parts.map((part) => `__fish_seen_subcommand_from ${part}`);
    const none = place.commands.map((child) => child.name).join(' ');
    const deeper = none === '' ? [] : [`not __fish_seen_subcommand_from ${none}`];
    const here = [...seen, ...deeper].join('; and ');
    const start = `complete -c ${name}${here === '' ? '' : ` -n ${fishQuoted(here)}`}`;
    return [
      ...place.commands.map((child) => `${start} -f -a ${child.name} -d ${fishQuoted(child.description)}`),
      ...place.choices.map((choice) => `${start} -f -a ${choice}`),
      ...place.options.map((option) => fishOption(start, option)),
    ];
  });
  // Files only where a file may stand: arguments of `events` and of the command that is run.
  const files = [`complete -c ${name} -f`, `complete -c ${name} -n '__fish_seen_subcommand_from events run' -F`];
  return `${[...files, ...lines].join('\n')}\n`;
}

function fishOption(start: string, option: Option): string {
  const { long, short, description, argChoices } = option;
  const flags = `${long === undefined ? '' : ` -l ${long.slice(2)}`}${short === undefined ? '' : ` -s ${short.slice(1)}`}`;
  const value = argChoices === undefined ? ' -r -F' : ` -x -a ${fishQuoted(argChoices.join(' '))}`;
  return `${start}${flags}${takesValue(option) ? value : ''} -d ${fishQuoted(description)}`;
}
