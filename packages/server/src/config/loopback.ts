/** `localhost`, 127.0.0.0/8 or ::1. Names other than localhost are not looked up: they count as not loopback. */
export function isLoopbackHost(host: string): boolean {
  const plain = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/^::ffff:(?=\d+\.)/, '');
  if (plain === 'localhost' || plain === '::1') return true;
  return /^127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(plain);
}
