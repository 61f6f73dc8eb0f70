/** The environment of the program, as config.ts read it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The first of the variables that is set and not empty. */
export function firstSet(environment: Environment, ...names: readonly string[]): string | undefined {
  return names.map((name) => environment[name]?.trim()).find((value) => value !== undefined && value !== '');
}

/** Without the members that are undefined, so that a schema fills in its defaults. */
export function givenOnly<T extends Record<string, unknown>>(members: T): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** Secrets that are set. */
export function givenSecrets(members: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(members).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** `a, b,c` or `a b`. */
export function listOf(text: string | undefined): string[] | undefined {
  const items = text?.split(/[\s,]+/).filter((item) => item !== '');
  return items === undefined || items.length === 0 ? undefined : items;
}
