import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { CircleUser } from 'lucide-react';
import { api } from '../api/client.ts';
import { chooseOrg, chosenOrg } from '../api/org.ts';
import { useSession } from '../api/session.ts';
import { Button, IconButton } from '../components/button.tsx';
import { Segments } from '../components/choices.tsx';
import { Field, Select } from '../components/field.tsx';
import { Popover } from '../components/overlays.tsx';
import { useStored } from './stored.ts';
import { theme } from './theme.ts';
import { sayError } from './toasts.tsx';

const THEME_OPTIONS = [
  { id: 'system', label: 'System' },
  { id: 'light', label: 'Light' },
  { id: 'dark', label: 'Dark' },
] as const;

/** Who one is, for which org one looks, how the page looks, and the way out. */
export function AccountMenu() {
  const session = useSession();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [chosen, setTheme] = useStored(theme);
  const signOut = async () => {
    try {
      await api.DELETE('/api/sessions/current');
      chooseOrg(null);
      await navigate({ to: '/sign-in' });
      queries.clear();
    } catch (error) {
      sayError(error);
    }
  };
  const selectOrg = (orgId: string) => {
    chooseOrg(orgId === session.org?.id ? null : orgId);
    void queries.invalidateQueries();
  };
  return (
    <Popover
      label="Account"
      className="w-64"
      trigger={
        <IconButton label="Account and theme">
          <CircleUser size={17} aria-hidden />
        </IconButton>
      }
    >
      <div className="flex flex-col gap-3">
        <Field label="Org">
          {(ids) => (
            <Select
              {...ids}
              value={chosenOrg() ?? session.org?.id ?? ''}
              onChange={(event) => selectOrg(event.target.value)}
            >
              {session.orgs.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name === '' ? id : name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <div className="flex flex-col gap-1">
          <span className="font-medium">Theme</span>
          <Segments label="Theme" options={THEME_OPTIONS} value={chosen} onChange={setTheme} />
        </div>
        <p className="text-xs text-muted">Tailwater {session.version}</p>
        {session.mode === 'session' && <Button onClick={signOut}>Sign out</Button>}
      </div>
    </Popover>
  );
}
