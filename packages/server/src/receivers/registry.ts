import { loki } from './loki/index.ts';
import { ndjson } from './ndjson/index.ts';
import { otlp } from './otlp/index.ts';
import type { Receiver, ReceiverRoute } from './receiver.ts';

/** Every receiver of the program. A new one is added here and nowhere else. */
export const RECEIVERS: readonly Receiver[] = [ndjson, otlp, loki];

/** All routes by path. */
export function receiverRoutes(): ReadonlyMap<string, ReceiverRoute & { receiver: string }> {
  const routes = new Map<string, ReceiverRoute & { receiver: string }>();
  for (const { id, routes: own } of RECEIVERS) {
    for (const route of own) {
      if (routes.has(route.path)) throw new Error(`two receivers answer ${route.path}`);
      routes.set(route.path, { ...route, receiver: id });
    }
  }
  return routes;
}
