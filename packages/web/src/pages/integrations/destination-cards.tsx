import { Link } from '@tanstack/react-router';
import { Archive, Boxes, ChartLine, Cloud, type LucideIcon, Radio } from 'lucide-react';
import { useRef } from 'react';
import { useShortcuts } from '../../app/shortcuts.tsx';
import { usePageSearch } from '../../app/use-search.ts';
import { Badge } from '../../components/display.tsx';
import { Input } from '../../components/field.tsx';
import { plural } from '../../lib/format.ts';
import { entryOf, findTypes, type KindId } from './catalogue.ts';
import type { Integration, IntegrationType } from './integration-queries.ts';
import { stateWords } from './integration-state.ts';

const ICONS: Readonly<Record<KindId, LucideIcon>> = {
  platform: ChartLine,
  cloud: Cloud,
  storage: Archive,
  protocol: Radio,
  other: Boxes,
};

/** A card for each type of destination, by kind; each leads to the form for a new one. */
export function DestinationCards({
  types,
  integrations,
}: {
  types: readonly IntegrationType[];
  integrations: readonly Integration[];
}) {
  const { text, change } = usePageSearch();
  const wanted = text('find');
  const groups = findTypes(types, wanted);
  const box = useRef<HTMLDivElement>(null);
  useShortcuts([{ keys: '/', does: 'Find a destination', run: () => box.current?.querySelector('input')?.focus() }]);
  return (
    <section aria-labelledby="destinations" className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <h2 id="destinations" className="mr-auto text-base font-semibold">
          Add a destination
        </h2>
        <div ref={box} className="w-full sm:w-72">
          <Input
            type="search"
            aria-label="Find a destination"
            placeholder="Find a destination"
            value={wanted}
            onChange={(event) => change({ find: event.target.value }, { replace: true })}
          />
        </div>
      </div>
      <p role="status" className="sr-only">
        {wanted === '' ? '' : plural(groups.flatMap((group) => group.types).length, 'destination')}
      </p>
      {groups.length === 0 && (
        <p className="text-muted">
          No destination is called that. A webhook sends JSON of any shape to any HTTP receiver; OTLP and syslog are
          taken by most platforms.
        </p>
      )}
      {groups.map(({ kind, types: found }) => (
        <section key={kind.id} aria-labelledby={`kind-${kind.id}`}>
          <h3 id={`kind-${kind.id}`} className="mb-2 text-xs font-semibold tracking-wide text-muted uppercase">
            {kind.label}
          </h3>
          <ul className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3 2xl:grid-cols-4">
            {found.map((type) => (
              <TypeCard
                key={type.type}
                type={type}
                integrations={integrations.filter((one) => one.type === type.type)}
              />
            ))}
          </ul>
        </section>
      ))}
    </section>
  );
}

function TypeCard({ type, integrations }: { type: IntegrationType; integrations: readonly Integration[] }) {
  const { kind, sentence } = entryOf(type.type);
  const Icon = ICONS[kind];
  const isTroubled = integrations.some((one) => ['bad', 'warn'].includes(stateWords(one, 0).kind));
  return (
    <li>
      <Link
        to="/settings/integrations"
        search={{ new: type.type }}
        className="flex h-full flex-col gap-1 rounded-lg border border-line bg-raised p-3 transition-colors hover:border-accent"
      >
        <span className="flex items-center gap-2">
          <Icon size={16} className="shrink-0 text-accent" aria-hidden />
          <span className="min-w-0 flex-1 font-medium">{type.title}</span>
          {integrations.length > 0 && (
            <Badge kind={isTroubled ? 'warn' : 'neutral'}>
              {integrations.length} in use{isTroubled && ', with trouble'}
            </Badge>
          )}
        </span>
        <span className="text-muted">{sentence}</span>
      </Link>
    </li>
  );
}
