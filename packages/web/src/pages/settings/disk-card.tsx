import { Card } from '../../components/display.tsx';
import { ShareBar } from '../../components/share-bar.tsx';
import { formatBytes, formatPercent } from '../../lib/format.ts';
import { diskParts } from './health-words.ts';
import type { System } from './system-query.ts';

/** What takes the room of the data directory. */
export function DiskCard({ disk }: { disk: System['disk'] }) {
  const parts = diskParts(disk.by_part);
  const sum = parts.reduce((all, { bytes }) => all + bytes, 0);
  return (
    <Card title={`On disk: ${formatBytes(sum)}`}>
      <ul aria-label="Disk by part" className="grid gap-x-8 gap-y-3 md:grid-cols-2">
        {parts.map(({ name, bytes, share }) => (
          <li key={name}>
            <span className="mb-1 flex justify-between gap-3">
              <span>{name}</span>
              <span className="text-muted tabular-nums">
                {formatBytes(bytes)} · {formatPercent(share)}
              </span>
            </span>
            <ShareBar share={share} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
