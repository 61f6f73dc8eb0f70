import { Link } from '@tanstack/react-router';
import type { LogsLink } from '../lib/logs-link.ts';

interface ServiceLinksProps {
  services: readonly string[];
  linkOf(service: string): LogsLink;
  /** The others are a number; their names are its tooltip. */
  shown?: number;
}

/** Services by name, each leading to its events. */
export function ServiceLinks({ services, linkOf, shown = 2 }: ServiceLinksProps) {
  const others = services.slice(shown);
  return (
    <span className="flex items-center gap-1.5 text-xs whitespace-nowrap">
      {services.slice(0, shown).map((service) => (
        <Link key={service} {...linkOf(service)} className="max-w-40 truncate hover:underline">
          {service === '' ? '(none)' : service}
        </Link>
      ))}
      {others.length > 0 && (
        <span className="text-muted" title={others.join(', ')}>
          +{others.length}
          <span className="sr-only"> more: {others.join(', ')}</span>
        </span>
      )}
    </span>
  );
}
