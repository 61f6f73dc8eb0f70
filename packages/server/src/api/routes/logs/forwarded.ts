import type { z } from 'zod';
import { compileSelection } from '../../../consumers/destination-sender/selection.ts';
import type { JournalPlace } from '../../../consumers/destination-sender/sender.ts';
import type { Integration } from '../../../control/integrations/rows.ts';
import { firstLetterId } from '../../../dead-letters/letter.ts';
import type { StoredEvent } from '../../../query/events-sql.ts';
import type { ApiDeps } from '../../deps.ts';
import type { forwardedSchema } from '../../wire/why.ts';

type Forwarded = z.output<typeof forwardedSchema>;
type Fate = Pick<Forwarded, 'state' | 'detail'>;

/** Letters that are looked through: that of an event is among the newest of those before its arrival. */
const LETTERS_READ_MAX = 20;

/** What became of an event at each of its org's integrations. */
export async function forwardedOf(deps: ApiDeps, event: StoredEvent, place: JournalPlace): Promise<Forwarded[]> {
  const integrations = await deps.integrations.list(event.orgId);
  return Promise.all(
    integrations.map(async (integration) => ({
      integration_id: integration.id,
      name: integration.name,
      type: integration.type,
      ...(await fateOf(deps, integration, event, place)),
    })),
  );
}

async function fateOf(deps: ApiDeps, integration: Integration, event: StoredEvent, place: JournalPlace): Promise<Fate> {
  if (!compileSelection(integration.filter).accepts(event)) {
    return { state: 'not_selected', detail: 'its filter leaves the event out' };
  }
  const refusal = await refusalOf(deps, integration, event);
  if (refusal !== null) return { state: 'refused', detail: refusal };
  if (event.receivedAtMs < integration.createdAtMs) {
    return { state: 'not_selected', detail: 'the event came before there was this integration; a replay sends it' };
  }
  const reached = deps.integrations.sender.place(integration.id);
  if (reached === null) {
    const why = integration.enabled ? 'it is only starting' : 'it is disabled';
    return { state: 'unknown', detail: `how far it was is not known now: ${why}` };
  }
  if (!isBefore(place, reached)) return { state: 'waiting', detail: null };
  if (place.position < integration.fromPosition) {
    // What it did before it was disabled is known by no cursor any more.
    return { state: 'unknown', detail: 'the event came before it was enabled the last time' };
  }
  const skipped = deps.integrations.sender.status(integration.id)?.skipped ?? 0;
  const detail = skipped > 0 ? 'unless it is one of the events that were left out at its journal limit' : null;
  return { state: 'delivered', detail };
}

function isBefore(place: JournalPlace, other: JournalPlace): boolean {
  return place.position < other.position || (place.position === other.position && place.index < other.index);
}

/** Why the destination refused it; null when no dead letter has it. */
async function refusalOf(deps: ApiDeps, { id, orgId }: Integration, event: StoredEvent): Promise<string | null> {
  const before = firstLetterId(event.receivedAtMs + 1);
  const letters = await deps.deadLetters.list(orgId, { receiver: id, limit: LETTERS_READ_MAX, before });
  for (const summary of letters) {
    const letter = await deps.deadLetters.get(orgId, summary.id).catch(() => null);
    const lines = letter?.body?.toString().split('\n') ?? [];
    const index = lines.findIndex((line) => line.includes(`"eventId":"${event.eventId}"`));
    if (index >= 0) return letter!.rejections[index]?.error ?? letter!.reason;
  }
  return null;
}
