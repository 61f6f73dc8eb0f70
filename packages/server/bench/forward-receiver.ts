import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** A process that takes whatever destinations send, as each wants to be answered; its CPU is not the server's. */
const bulkItem = { create: { status: 201 } };

function bulkAnswer(body: Buffer, isGzip: boolean): string {
  const text = isGzip ? gunzipSync(body) : body;
  let lines = 0;
  for (let at = text.indexOf(10); at >= 0; at = text.indexOf(10, at + 1)) lines++;
  return JSON.stringify({ errors: false, items: Array.from({ length: lines / 2 }, () => bulkItem) });
}

const http = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { url = '' } = request;
  const answers: Record<string, () => [status: number, body: string]> = {
    _bulk: () => [200, bulkAnswer(Buffer.concat(chunks), request.headers['content-encoding'] === 'gzip')],
    collector: () => [200, '{"text":"Success","code":0}'],
    loki: () => [204, ''],
    'log/v1': () => [202, '{"requestId":"1"}'],
    'api/v2/logs': () => [202, '{}'],
    'v1/logs': () => [200, ''],
    'api/logs': () => [202, '{"accepted":0,"rejected":[]}'],
  };
  const path = Object.keys(answers).find((part) => url.includes(part));
  const [status, body] = path === undefined ? [200, '{"response":"ok"}'] : answers[path]!();
  const type = url.includes('v1/logs') ? 'application/x-protobuf' : 'application/json';
  response.writeHead(status, { 'content-type': type }).end(body);
});

const tcp = createTcpServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.resume();
  socket.on('end', () => socket.end());
});

http.listen(0, '127.0.0.1', () => {
  tcp.listen(0, '127.0.0.1', () => {
    process.send?.({ http: (http.address() as AddressInfo).port, tcp: (tcp.address() as AddressInfo).port });
  });
});
