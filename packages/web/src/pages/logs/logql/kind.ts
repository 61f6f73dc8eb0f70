/** Whether the query answers numbers rather than lines. Told by how it begins: the parser is loaded with the editor only. */
export function isMetricQuery(query: string): boolean {
  const bare = query.replace(/^(?:\s|#.*(?:\n|$)|\/\/.*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, '');
  return bare !== '' && !/^[\s(]*\{/.test(bare);
}
