import { Card } from '../../components/display.tsx';
import { Donut } from '../../components/donut.tsx';
import { logsLink } from '../../lib/logs-link.ts';
import { fieldTerm } from '../../lib/search-text.ts';
import { SEVERITIES, SEVERITY_LOOKS } from '../../lib/severity.ts';
import type { Histogram, Scope } from './stats-queries.ts';

/** How the events divide into severities. */
export function SeverityCard({ now, link }: { now: Histogram; link: Scope }) {
  const slices = SEVERITIES.map((name) => ({
    name,
    colour: SEVERITY_LOOKS[name].colour,
    value: now.buckets.reduce((sum, { by_severity }) => sum + by_severity[name], 0),
    link: logsLink(link.q, link.range, [fieldTerm('severity', name)]),
  })).toReversed();
  return (
    <Card title="Severity">
      <Donut label="Events by severity" slices={slices} />
    </Card>
  );
}
