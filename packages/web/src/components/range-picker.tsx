import { Clock } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { TIME_ZONES, useTimeZone } from '../app/time-zone.ts';
import {
  describeRange,
  formatTime,
  instantIn,
  RANGE_PRESETS,
  resolveRange,
  type TimeRange,
  timeMs,
} from '../lib/time.ts';
import { Button } from './button.tsx';
import { Field, Input, Select } from './field.tsx';
import { Popover } from './overlays.tsx';

interface RangePickerProps {
  range: TimeRange;
  onChange(range: TimeRange): void;
  isOpen?: boolean;
  onOpenChange?(isOpen: boolean): void;
  /** On a phone its name shares a line with other buttons. */
  isShort?: boolean;
}

/** Chooses a time range, relative or absolute, and the zone that times are shown in. */
export function RangePicker({ range, onChange, isOpen: shown, onOpenChange, isShort = false }: RangePickerProps) {
  const [ownOpen, setOwnOpen] = useState(false);
  const isOpen = shown ?? ownOpen;
  const setOpen = onOpenChange ?? setOwnOpen;
  const [zone] = useTimeZone();
  const choose = (next: TimeRange) => {
    onChange(next);
    setOpen(false);
  };
  return (
    <Popover
      label="Time range"
      isOpen={isOpen}
      onOpenChange={setOpen}
      className="w-80"
      trigger={
        <Button aria-label={`Time range: ${describeRange(range, zone)}`}>
          <Clock size={15} aria-hidden />
          <span className={`max-w-72 truncate ${isShort ? 'max-md:max-w-36' : ''}`}>{describeRange(range, zone)}</span>
        </Button>
      }
    >
      <ul className="mb-3 grid grid-cols-2 gap-1" aria-label="Usual ranges">
        {RANGE_PRESETS.map(({ label, from }) => (
          <li key={from}>
            <Button
              kind={range.from === from && range.to === '' ? 'primary' : 'quiet'}
              size="small"
              className="w-full justify-start"
              onClick={() => choose({ from, to: '' })}
            >
              {label}
            </Button>
          </li>
        ))}
      </ul>
      <ExactRange key={`${range.from} ${range.to}`} range={range} onChange={choose} />
      <ZoneChoice />
    </Popover>
  );
}

function ExactRange({ range, onChange }: { range: TimeRange; onChange(range: TimeRange): void }) {
  const [from, setFrom] = useState(range.from);
  const [to, setTo] = useState(range.to);
  const [error, setError] = useState<{ field: 'from' | 'to'; text: string } | null>(null);
  const [zone] = useTimeZone();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const nowMs = Date.now();
    const next = { from: instantIn(from.trim(), zone), to: instantIn(to.trim(), zone) };
    const fromMs = from.trim() === '' ? null : timeMs(next.from, nowMs);
    const toMs = timeMs(next.to, nowMs);
    if (fromMs === null) return setError({ field: 'from', text: 'A time such as -15m, or 2026-11-21 10:00' });
    if (toMs === null)
      return setError({ field: 'to', text: 'A time such as -5m, 2026-11-21 10:00, or nothing for now' });
    if (toMs <= fromMs) return setError({ field: 'to', text: 'It ends before it begins' });
    onChange(next);
  };
  const { fromMs, toMs } = resolveRange(
    { from: instantIn(from.trim(), zone), to: instantIn(to.trim(), zone) },
    Date.now(),
  );
  return (
    <form onSubmit={submit} className="flex flex-col gap-2 border-t border-line pt-3">
      <Field label="From" error={error?.field === 'from' ? error.text : null} help={formatTime(fromMs, zone, 0)}>
        {(ids) => <Input {...ids} value={from} onChange={(event) => setFrom(event.target.value)} autoComplete="off" />}
      </Field>
      <Field label="To" error={error?.field === 'to' ? error.text : null} help={formatTime(toMs, zone, 0)}>
        {(ids) => (
          <Input
            {...ids}
            value={to}
            placeholder="now"
            onChange={(event) => setTo(event.target.value)}
            autoComplete="off"
          />
        )}
      </Field>
      <Button kind="primary" type="submit">
        Apply
      </Button>
    </form>
  );
}

function ZoneChoice() {
  const [zone, setZone] = useTimeZone();
  const local = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <div className="mt-3 border-t border-line pt-3">
      <Field label="Time zone">
        {(ids) => (
          <Select {...ids} value={zone} onChange={(event) => setZone(event.target.value)}>
            {TIME_ZONES.map((name) => (
              <option key={name} value={name}>
                {name === 'local' ? `Local (${local})` : name}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </div>
  );
}
