import type { components } from '../../../api/schema.gen.ts';
import { formatDuration, plural } from '../../../lib/format.ts';
import { formatTime, type TimeZone } from '../../../lib/time.ts';

export type Why = components['schemas']['Why'];

/** One step of an event's way, in plain sentences. */
export interface WhyStep {
  title: string;
  sentences: string[];
}

/** How the event came to be here, from its arrival to where it was sent on. */
export function whySteps(why: Why, zone: TimeZone): WhyStep[] {
  return [
    { title: 'Received', sentences: received(why, zone) },
    { title: 'Processed', sentences: processed(why) },
    { title: 'Redacted', sentences: redacted(why) },
    { title: 'Sampled', sentences: [sampled(why)] },
    { title: 'Written to the journal', sentences: [journaled(why)] },
    { title: 'Stored', sentences: stored(why, zone) },
    { title: 'Forwarded', sentences: forwarded(why) },
  ];
}

function received({ received: { at, receiver, client_event_id } }: Why, zone: TimeZone): string[] {
  const sentences = [`It came in by the receiver ${receiver} at ${formatTime(at, zone)}.`];
  if (client_event_id !== '') sentences.push(`Its sender calls it ${client_event_id}.`);
  return sentences;
}

function processed({ processors }: Why): string[] {
  if (processors.length === 0) return ['No processor changed it.'];
  return processors.map(({ processor, effect }) => `${processor}: ${effect}.`);
}

function redacted({ redactions }: Why): string[] {
  if (redactions.length === 0) return ['No secret was found in it, so nothing was replaced.'];
  const replaced = redactions.map(({ rule, count, fields }) => {
    const where = fields.length === 0 ? '' : ` in ${list(fields)}`;
    return `The rule ${rule} replaced ${plural(count, 'secret')}${where}.`;
  });
  return [...replaced, 'What stood there was never stored.'];
}

function sampled({ sampling: { rule } }: Why): string {
  return rule === null ? 'It was kept: no sampling rule applied to it.' : `It was kept by the sampling rule ${rule}.`;
}

function journaled({ journal: { node, position, index } }: Why): string {
  return `It is event ${index + 1} of frame ${position} of node ${node}. Only then was its arrival acknowledged.`;
}

function stored({ stored: { at, after_ms, retention_days, expires_at } }: Why, zone: TimeZone): string[] {
  return [
    `It was in the event store ${formatDuration(after_ms)} after its arrival, at ${formatTime(at, zone)}.`,
    `It is kept for ${plural(retention_days, 'day')}, until ${formatTime(expires_at, zone, 0)}.`,
  ];
}

const STATES: Readonly<Record<string, string>> = {
  delivered: 'has it',
  waiting: 'will get it: it waits for its turn',
  not_selected: 'does not get it: its filter leaves it out',
  refused: 'refused it: it is among the dead letters',
};

function forwarded({ forwarded: to }: Why): string[] {
  if (to.length === 0) return ['No integration was there to send it to.'];
  return (to as readonly { name: string; type: string; state: string }[]).map(
    ({ name, type, state }) => `${name} (${type}) ${STATES[state] ?? state}.`,
  );
}

const list = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
