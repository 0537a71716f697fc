import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo } from 'react';
import { type Address, useAddress } from './address.js';
import { Refused, SIGNED_OUT } from './api/request.js';
import { ErrorState, Waiting } from './elements/states.js';
import { type Rights, RightsContext, rightsOf, SESSION, useWho } from './session/session.js';
import { SignIn } from './session/sign-in.js';
import { Shell } from './shell/shell.js';

const Overview = lazy(() => import('./overview/overview.js'));
const Behind = lazy(() => import('./overview/behind.js'));
const Conversations = lazy(() => import('./conversations/conversations.js'));
const Transcript = lazy(() => import('./conversations/transcript.js'));
const Statements = lazy(() => import('./statements/statements.js'));
const Deliveries = lazy(() => import('./deliveries/deliveries.js'));
const Quarantine = lazy(() => import('./quarantine/quarantine.js'));
const Agents = lazy(() => import('./agents/agents.js'));
const Connect = lazy(() => import('./agents/connect.js'));

export function App() {
  const who = useWho();
  const queries = useQueryClient();

  useEffect(() => {
    const signedOut = () => {
      // What the key could see must not stay on the screen, or in the memory, of somebody who is signed out.
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
      void queries.invalidateQueries({ queryKey: SESSION });
    };
    window.addEventListener(SIGNED_OUT, signedOut);
    return () => window.removeEventListener(SIGNED_OUT, signedOut);
  }, [queries]);

  const session = who.data?.session;
  const reportTz = who.data?.report_tz ?? 'UTC';
  const rights = useMemo<Rights | null>(
    () => (session ? { session, ...rightsOf(session.scopes), reportTz } : null),
    [session, reportTz],
  );

  if (who.isPending) return <Waiting />;
  if (who.error)
    return (
      <main className="sign-in">
        <ErrorState error={who.error} again={() => void who.refetch()} />
      </main>
    );
  if (!rights) return <SignIn />;
  return (
    <RightsContext value={rights}>
      <Shell>
        <Suspense fallback={<Waiting />}>
          <Route isAdmin={rights.isAdmin} />
        </Suspense>
      </Shell>
    </RightsContext>
  );
}

function Route({ isAdmin }: { isAdmin: boolean }) {
  const address = useAddress();
  const page = pageAt(address, isAdmin);
  return (
    page ?? <ErrorState error={new Refused(404, 'There is no such page here, or your key may not see it.')} />
  );
}

function pageAt({ path, params }: Address, isAdmin: boolean) {
  if (path === '/') return <Overview />;
  if (path === '/behind') return <Behind />;
  if (path === '/conversations') return <Conversations />;
  if (path === '/conversation') return <Transcript key={params.get('id')} />;
  if (path === '/statements') return <Statements />;
  if (path === '/deliveries') return <Deliveries />;
  if (path === '/agents') return <Agents />;
  if (!isAdmin) return null;
  if (path === '/quarantine') return <Quarantine />;
  if (path === '/connect') return <Connect key={params.get('agent')} />;
  return null;
}
