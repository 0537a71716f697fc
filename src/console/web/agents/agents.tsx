import { Stack } from '@mantine/core';
import { PageTitle } from '../elements/page-title.js';
import { AgentList } from './agent-list.js';
import { KeyList } from './key-list.js';

/** Who sends, who may ask, and what a credit costs. */
export default function Agents() {
  return (
    <Stack gap="xl">
      <PageTitle title="Agents and keys" about="Who sends, who may ask, and what a credit costs." />
      <AgentList />
      <KeyList />
    </Stack>
  );
}
