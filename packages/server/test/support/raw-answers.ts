/** One HTTP answer of a raw connection. */
export interface ReadAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/**
 * Reads the answers in what a raw connection received, by Content-Length. A cut answer at the end is thrown: tests want
 * whole ones. Of chunked answers only empty ones are read.
 */
export function readAnswers(received: string): ReadAnswer[] {
  const answers: ReadAnswer[] = [];
  let rest = received;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`no whole answer: ${rest.slice(0, 200)}`);
    const [first, ...lines] = rest.slice(0, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first!)?.[1] ?? Number.NaN);
    const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]));
    const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const isChunked = named['transfer-encoding'] === 'chunked';
    const length = Number(named['content-length'] ?? (isChunked ? '0\r\n\r\n'.length : 0));
    const body = rest.slice(end + 4, end + 4 + length);
    if (Number.isNaN(status) || body.length !== length) throw new Error(`no whole answer: ${rest.slice(0, 200)}`);
    answers.push({ status, headers: named, body: Buffer.from(isChunked ? '' : body, 'latin1') });
    rest = rest.slice(end + 4 + length);
  }
  return answers;
}
