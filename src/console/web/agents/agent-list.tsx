import { Anchor, Button, Group, NativeSelect, Paper, Stack, Table, TextInput, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { linkTo } from '../address.js';
import { tell } from '../api/request.js';
import type { Agent } from '../api/types.js';
import { Dialog } from '../elements/dialog.js';
import { ErrorState, Waiting } from '../elements/states.js';
import { Prices } from './prices.js';
import { AGENTS, useAgents } from './use-agents.js';

export function AgentList() {
  const agents = useAgents();
  const [edited, setEdited] = useState<Agent | 'new' | null>(null);
  const [priced, setPriced] = useState<Agent | null>(null);
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          Agents
        </Title>
        <Button size="sm" onClick={() => setEdited('new')}>
          New agent
        </Button>
      </Group>
      {agents.error && <ErrorState error={agents.error} again={() => void agents.refetch()} />}
      {agents.isPending && <Waiting height={120} />}
      {agents.data && (
        <Table.ScrollContainer minWidth={0} tabIndex={0}>
          <Table verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">Agent</Table.Th>
                <Table.Th scope="col">Name</Table.Th>
                <Table.Th scope="col" visibleFrom="sm">
                  What cannot be read
                </Table.Th>
                <Table.Th scope="col">
                  <span className="skip">Actions</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {agents.data.data.map((agent) => (
                <Table.Tr key={agent.id}>
                  <Table.Td className="id">{agent.id}</Table.Td>
                  <Table.Td>{agent.name}</Table.Td>
                  <Table.Td visibleFrom="sm">
                    {agent.on_invalid === 'accept' ? 'answered 200, and kept' : 'answered 400, and kept'}
                  </Table.Td>
                  <Table.Td>
                    <Group gap="xs" justify="flex-end">
                      <Anchor size="sm" href={linkTo('/connect', { agent: agent.id })}>
                        Connect
                      </Anchor>
                      <Button variant="default" size="compact-sm" onClick={() => setPriced(agent)}>
                        Prices<span className="skip"> of {agent.id}</span>
                      </Button>
                      <Button variant="default" size="compact-sm" onClick={() => setEdited(agent)}>
                        Change<span className="skip"> {agent.id}</span>
                      </Button>
                    </Group>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <Dialog
        title={edited === 'new' ? 'New agent' : 'Change the agent'}
        isOpen={edited !== null}
        onClose={() => setEdited(null)}
      >
        {edited && <AgentForm agent={edited === 'new' ? null : edited} onDone={() => setEdited(null)} />}
      </Dialog>
      <Dialog
        title={`Prices of ${priced?.id ?? ''}`}
        isOpen={priced !== null}
        onClose={() => setPriced(null)}
      >
        {priced && <Prices agent={priced.id} />}
      </Dialog>
    </Paper>
  );
}

function AgentForm({ agent, onDone }: { agent: Agent | null; onDone: () => void }) {
  const queries = useQueryClient();
  const [problem, setProblem] = useState<Error | null>(null);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const body = { name: String(form.get('name') ?? ''), on_invalid: String(form.get('on_invalid')) };
    try {
      if (agent) await tell('PATCH', `/v1/agents/${agent.id}`, body);
      else await tell('POST', '/v1/agents', { ...body, id: String(form.get('id') ?? '') });
      await queries.invalidateQueries({ queryKey: AGENTS });
      onDone();
    } catch (error) {
      setProblem(error as Error);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack>
        {problem && <ErrorState error={problem} />}
        {!agent && (
          <TextInput
            name="id"
            label="Id"
            description="a–z, 0–9 and -; it never changes"
            required
            data-autofocus
          />
        )}
        <TextInput name="name" label="Name" defaultValue={agent?.name ?? ''} required />
        <NativeSelect
          name="on_invalid"
          label="A delivery that cannot be read is"
          defaultValue={agent?.on_invalid ?? 'reject'}
          data={[
            { value: 'reject', label: 'answered 400, and kept in quarantine' },
            { value: 'accept', label: 'answered 200, and kept in quarantine' },
          ]}
        />
        <Button type="submit">{agent ? 'Save' : 'Make the agent'}</Button>
      </Stack>
    </form>
  );
}
