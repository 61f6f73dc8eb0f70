import { RECEIVERS } from '../../../src/receivers/registry.ts';
import { ackedRow, forwardWire, lumberjackWire } from './acked-way.ts';
import { selfSigned } from './bed.ts';
import { fileRow } from './file-way.ts';
import { grpcRow } from './grpc-way.ts';
import { httpRow } from './http-way.ts';
import { silentRows } from './silent-way.ts';
import type { OutcomeRow } from './way.ts';

/** Every way in: the routes of a receiver are one row, each of its listeners is one. */
export function outcomeRows(): OutcomeRow[] {
  const tls = selfSigned();
  return [
    ...RECEIVERS.filter(({ routes }) => routes.length > 0).map(({ id }) => httpRow(id)),
    ...(['grpc', 'grpcTls'] as const).map((listener) => grpcRow(listener, tls)),
    ...[lumberjackWire, forwardWire].flatMap((wire) => [ackedRow(wire, 'tcp', tls), ackedRow(wire, 'tls', tls)]),
    ...silentRows(tls),
    fileRow,
  ];
}

/** What the rows have to stand for: `ndjson` for routes, `syslog.udp` for a listener. */
export function waysIn(): string[] {
  return RECEIVERS.flatMap(({ id, routes, listeners = [] }) => [
    ...(routes.length > 0 ? [id] : []),
    ...listeners.map((listener) => `${id}.${listener.id}`),
  ]);
}
