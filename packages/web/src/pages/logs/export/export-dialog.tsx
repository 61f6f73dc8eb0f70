import { useState } from 'react';
import { useTimeZone } from '../../../app/time-zone.ts';
import { Button } from '../../../components/button.tsx';
import { Segments, Switch } from '../../../components/choices.tsx';
import { ErrorNotice } from '../../../components/notice.tsx';
import { Dialog } from '../../../components/overlays.tsx';
import { formatBytes, formatCount, plural } from '../../../lib/format.ts';
import { describeRange } from '../../../lib/time.ts';
import type { LogsQuestion } from '../logs-search.ts';
import { exportColumns, exportQuery, exportShare } from './export-query.ts';
import { type Export, type ExportFormat, useExport } from './use-export.ts';

const FORMATS: readonly { id: ExportFormat; label: string }[] = [
  { id: 'csv', label: 'CSV' },
  { id: 'ndjson', label: 'NDJSON' },
  { id: 'json', label: 'JSON' },
];

const EXPLAINED: Readonly<Record<ExportFormat, string>> = {
  csv: 'A table for spreadsheets. Cells that would be formulas are guarded by an apostrophe.',
  ndjson: 'One event a line with every field, for tools.',
  json: 'One array of events with every field.',
};

/** All events that the search finds, as a file. */
export default function ExportDialog({ question, onClose }: { question: LogsQuestion; onClose(): void }) {
  const [format, setFormat] = useState<ExportFormat>('csv');
  const [isAllColumns, setAllColumns] = useState(false);
  const [zone] = useTimeZone();
  const { job, isRunning, error, start, cancel } = useExport();
  const columns = exportColumns(question.columns);
  const begin = () => void start(format, exportQuery(question), format === 'csv' && !isAllColumns ? columns : null);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Export events"
      description={`${question.q === '' ? 'All events' : 'What the search finds'} · ${describeRange(question.range, zone)}`}
      footer={
        <>
          {isRunning && <Button onClick={() => void cancel()}>Cancel the export</Button>}
          <Button onClick={onClose}>Close</Button>
          <Button kind="primary" isBusy={isRunning} onClick={begin}>
            {job === undefined ? 'Export' : 'Export again'}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <div>
          <Segments label="Format" options={FORMATS} value={format} onChange={(id) => setFormat(id)} />
        </div>
        <p className="text-muted">{EXPLAINED[format]}</p>
        {format === 'csv' && (
          <>
            <Switch label="Every field as a column" isOn={isAllColumns} onChange={setAllColumns} />
            {!isAllColumns && (
              <p className="text-xs text-muted">
                Columns as in the table: <span className="font-mono">{columns.join(', ')}</span>
              </p>
            )}
          </>
        )}
        {error !== null && <ErrorNotice error={error} />}
        {job !== undefined && <Progress job={job} />}
      </div>
    </Dialog>
  );
}

function Progress({ job }: { job: Export }) {
  const { state, events_written: written, events_total: total, bytes_written: bytes, error } = job;
  const share = state === 'done' ? 1 : exportShare(written, total);
  return (
    <div className="flex flex-col gap-1 border-t border-line pt-3">
      <progress
        aria-label="Progress of the export"
        className="h-2 w-full appearance-none overflow-hidden rounded-full bg-line [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-accent"
        {...(share !== null && { value: share })}
      />
      <p role="status" className={state === 'failed' ? 'text-error' : 'text-muted'}>
        {state === 'failed'
          ? `The export broke off after ${plural(written, 'event')}: ${error ?? 'nobody knows why'}. Export again to have it whole.`
          : `${formatCount(written)} of ${plural(total, 'event')} · ${formatBytes(bytes)}${state === 'done' ? ' · done, the file is with your downloads' : ''}`}
      </p>
    </div>
  );
}
