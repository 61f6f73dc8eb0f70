import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Input } from '../components/field.tsx';
import { Dialog } from '../components/overlays.tsx';
import { classNames } from '../lib/class-names.ts';
import { PAGES } from './shell.tsx';

interface Goal {
  label: string;
  go(): void;
}

const SETTINGS = [
  { label: 'Settings: integrations', to: '/settings/integrations' },
  { label: 'Settings: API keys', to: '/settings/keys' },
  { label: 'Settings: redaction', to: '/settings/redaction' },
  { label: 'Settings: log levels', to: '/settings/levels' },
  { label: 'Settings: health', to: '/settings/health' },
] as const;

/** Goes to any page, to a trace, or searches, from the keyboard. */
export default function Palette({ onClose }: { onClose(): void }) {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const wanted = text.trim().toLowerCase();
  const places = [...PAGES, ...SETTINGS].filter(({ label }) => label.toLowerCase().includes(wanted));
  const goals: Goal[] = places.map(({ label, to }) => ({ label, go: () => void navigate({ to }) }));
  if (wanted !== '') {
    goals.push({
      label: `Search logs for ${text.trim()}`,
      go: () => void navigate({ to: '/logs', search: { q: text.trim() } }),
    });
    if (!/\s/.test(text.trim())) {
      const trace_id = text.trim();
      goals.push({
        label: `Open trace ${trace_id}`,
        go: () => void navigate({ to: '/traces/$traceId', params: { traceId: trace_id } }),
      });
    }
  }
  const at = Math.min(chosen, goals.length - 1);
  const run = (goal: Goal | undefined) => {
    onClose();
    goal?.go();
  };
  return (
    <Dialog isOpen onClose={onClose} title="Go anywhere">
      <Input
        role="combobox"
        aria-label="Page, search text or trace id"
        aria-expanded
        aria-controls="palette-goals"
        aria-activedescendant={`palette-goal-${at}`}
        autoFocus
        value={text}
        placeholder="Page, search text or trace id"
        onChange={(event) => {
          setText(event.target.value);
          setChosen(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setChosen(Math.min(at + 1, goals.length - 1));
          else if (event.key === 'ArrowUp') setChosen(Math.max(at - 1, 0));
          else if (event.key === 'Enter') run(goals[at]);
          else return;
          event.preventDefault();
        }}
      />
      <div id="palette-goals" role="listbox" aria-label="Places" className="mt-2">
        {goals.map((goal, index) => (
          <div
            key={goal.label}
            id={`palette-goal-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            className={classNames(
              'cursor-pointer truncate rounded px-2 py-1.5',
              index === at && 'bg-accent-soft text-accent-strong',
            )}
            onClick={() => run(goal)}
            onKeyDown={(event) => event.key === 'Enter' && run(goal)}
          >
            {goal.label}
          </div>
        ))}
      </div>
    </Dialog>
  );
}
