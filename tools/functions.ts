/**
 * Functions longer than `linesMax`, as `path:name`. Formatted code closes a function on a line of its own at the
 * indentation it began at, so no parser is needed.
 */
export function functionsOver(linesMax: number, path: string, text: string): string[] {
  const lines = text.split('\n');
  const found: string[] = [];
  lines.forEach((line, start) => {
    const name = functionName(line);
    if (name === null) return;
    const indent = line.length - line.trimStart().length;
    const closing = `${' '.repeat(indent)}}`;
    let end = start + 1;
    while (end < lines.length && !lines[end].startsWith(closing)) end++;
    if (end - start + 1 > linesMax) found.push(`${path}:${name}`);
  });
  return found;
}

/** The name of the function or method whose body opens on this line, null when none does. */
function functionName(line: string): string | null {
  if (!line.endsWith('{')) return null;
  const declared = /^\s*(?:export )?(?:async )?function\*? (\w+)/.exec(line);
  if (declared) return declared[1];
  const arrow = /^\s*(?:export )?const (\w+) = (?:async )?(?:\([^)]*\)|\w+)(?:: [^=]+)? => \{$/.exec(line);
  if (arrow) return arrow[1];
  const method = /^ {2}(?:(?:private|protected|public|static|override|async|get|set) )*\*?(#?\w+)\(.*\{$/.exec(line);
  if (method && !['if', 'for', 'while', 'switch', 'catch'].includes(method[1])) return method[1];
  return null;
}
