import { Stack } from '@mantine/core';
import { PageTitle } from '../elements/page-title.js';
import { useRights } from '../session/session.js';
import { AgentList } from './agent-list.js';
import { KeyList } from './key-list.js';

/** Who sends, who may ask, and what a credit costs. Keys are for an administrator. */
export default function Agents() {
  const { isAdmin } = useRights();
  return (
    <Stack gap="xl">
      {isAdmin ? (
        <PageTitle title="Agents and keys" about="Agents, API keys and prices." />
      ) : (
        <PageTitle title="Agents" about="Agents and prices." />
      )}
      <AgentList />
      {isAdmin && <KeyList />}
    </Stack>
  );
}
