import { NativeSelect } from '@mantine/core';
import { changeHere, useAddress } from '../address.js';
import { useAgents } from '../agents/use-agents.js';

/** Narrows a page to one agent: `always` names the one where a page is about one in any case. Not there for a key that sees only its own, or while there is only one. */
export function AgentPicker({ always }: { always?: string } = {}) {
  const agents = useAgents().data?.data ?? [];
  const chosen = useAddress().params.get('agent') ?? always ?? '';
  const known = agents.some(({ id }) => id === chosen) || chosen === '';
  if (agents.length < 2 && known && (chosen === '' || always)) return null;
  return (
    <NativeSelect
      label="Agent"
      size="sm"
      value={chosen}
      onChange={({ currentTarget }) => changeHere({ agent: currentTarget.value })}
      data={[
        ...(always ? [] : [{ value: '', label: 'All agents' }]),
        ...agents.map(({ id, name }) => ({ value: id, label: name || id })),
        ...(known ? [] : [{ value: chosen, label: chosen }]),
      ]}
    />
  );
}
