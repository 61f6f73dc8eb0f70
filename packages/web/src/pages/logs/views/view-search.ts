/** What a view keeps of the address: everything but the one event that happens to be open. */
export function viewSearch(search: string): string {
  const params = new URLSearchParams(search);
  params.delete('event');
  params.delete('tab');
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
