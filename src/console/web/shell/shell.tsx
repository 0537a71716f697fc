import { Button, NativeSelect, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';
import { changeHere, linkTo, useAddress } from '../address.js';
import { tell } from '../api/request.js';
import { useSubmit } from '../api/use-submit.js';
import { SESSION, useRights, useZone } from '../session/session.js';
import { ZONES } from '../time/zone.js';

const PAGES = [
  { path: '/', name: 'Overview', also: ['/behind'] },
  { path: '/conversations', name: 'Conversations', also: ['/conversation'] },
  { path: '/statements', name: 'Statements' },
  { path: '/deliveries', name: 'Deliveries' },
  { path: '/quarantine', name: 'Quarantine', isForAdmin: true },
  { path: '/agents', name: 'Agents', also: ['/connect'] },
];

/** What stands around every page: where one can go, the zone of all times, light or dark, and the way out. */
export function Shell({ children }: { children: ReactNode }) {
  const { path } = useAddress();
  const { isAdmin, session } = useRights();
  const shown = PAGES.filter(({ isForAdmin }) => isAdmin || !isForAdmin);
  const nameOf = ({ path, name }: (typeof PAGES)[number]) =>
    path === '/agents' && isAdmin ? 'Agents & keys' : name;
  const here = shown.find((page) => page.path === path || page.also?.includes(path));
  const title = here && nameOf(here);

  useEffect(() => {
    document.title = title ? `${title} · Convoledger` : 'Convoledger';
  }, [title]);

  return (
    <div className="shell">
      <UnstyledButton className="skip" onClick={focusMain}>
        Skip to the content
      </UnstyledButton>
      <header className="top">
        <a className="brand" href={linkTo('/')}>
          Convoledger
        </a>
        <div className="settings">
          <ZonePicker />
          <SchemePicker />
          <SignOut label={session.label} />
        </div>
      </header>
      <nav className="pages" aria-label="Pages">
        {shown.map((page) => (
          <a key={page.path} href={linkTo(page.path)} aria-current={page === here ? 'page' : undefined}>
            {nameOf(page)}
          </a>
        ))}
      </nav>
      <main id="main" className="main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

const focusMain = () => document.getElementById('main')?.focus();

function ZonePicker() {
  const zone = useZone();
  const zones = ZONES.includes(zone) ? ZONES : [zone, ...ZONES];
  return (
    <NativeSelect
      aria-label="Time zone"
      size="xs"
      className="zone"
      data={zones}
      value={zone}
      onChange={({ currentTarget }) => changeHere({ tz: currentTarget.value })}
    />
  );
}

function SchemePicker() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <NativeSelect
      aria-label="Colours"
      size="xs"
      data={[
        { value: 'auto', label: 'As the system' },
        { value: 'light', label: 'Light' },
        { value: 'dark', label: 'Dark' },
      ]}
      value={colorScheme}
      onChange={({ currentTarget }) => setColorScheme(currentTarget.value as 'auto' | 'light' | 'dark')}
    />
  );
}

function SignOut({ label }: { label: string }) {
  const queries = useQueryClient();
  const { submit, isBusy } = useSubmit(async () => {
    await tell('DELETE', '/console/session');
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
    await queries.invalidateQueries({ queryKey: SESSION });
  });
  return (
    <Button
      variant="default"
      size="xs"
      loading={isBusy}
      title={`Signed in with the key “${label}”`}
      onClick={() => submit()}
    >
      Sign out
    </Button>
  );
}
