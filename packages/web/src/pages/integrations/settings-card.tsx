import type { ReactNode } from 'react';
import { useTimeZone } from '../../app/time-zone.ts';
import { Badge, Card } from '../../components/display.tsx';
import { formatDate, formatTime } from '../../lib/time.ts';
import { configFields, type JsonSchema } from './form-model.ts';
import { DELIVERY_FIELDS, FILTER_FIELDS } from './form-sections.ts';
import { changedValues } from './form-words.ts';
import type { Integration, IntegrationType } from './integration-queries.ts';

/** What is set otherwise than by default, and which secrets there are. */
export function SettingsCard({ integration, type }: { integration: Integration; type: IntegrationType | undefined }) {
  const [zone] = useTimeZone();
  const config = type === undefined ? [] : configFields(type.config_schema as JsonSchema);
  const filter = changedValues(FILTER_FIELDS, integration);
  const secrets = Object.entries(integration.secrets).filter(([, secret]) => secret.set);
  const titleOf = (name: string) => type?.secrets.find((one) => one.name === name)?.title ?? name;
  return (
    <Card title="Settings">
      <dl className="flex flex-col gap-2">
        {changedValues([...config, ...DELIVERY_FIELDS], integration).map(({ id, label, text }) => (
          <Line key={id} name={label}>
            {text}
          </Line>
        ))}
        {filter.length === 0 && <Line name="Forwarded">every event of the org</Line>}
        {filter.map(({ id, label, text }) => (
          <Line key={id} name={`Forwarded: ${label.toLowerCase()}`}>
            {text}
          </Line>
        ))}
        {secrets.map(([name, { updated_at }]) => (
          <Line key={name} name={titleOf(name)}>
            <Badge kind="good">set</Badge>{' '}
            {updated_at !== null && <span className="text-muted">since {formatDate(updated_at, zone)}</span>}
          </Line>
        ))}
        <Line name="Last changed">{formatTime(integration.updated_at, zone, 0)}</Line>
      </dl>
      <p className="mt-3 text-xs text-muted">All else is as it is by default. Values of secrets are never shown.</p>
    </Card>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid gap-x-3 sm:grid-cols-[10rem_1fr]">
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words whitespace-pre-wrap">{children}</dd>
    </div>
  );
}
