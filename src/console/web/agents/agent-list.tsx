import { Anchor, Button, Group, NativeSelect, Paper, Stack, Table, TextInput, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { changeHere, linkTo, useAddress } from '../address.js';
import { tell } from '../api/request.js';
import type { Agent } from '../api/types.js';
import { useSubmit } from '../api/use-submit.js';
import { Dialog } from '../elements/dialog.js';
import { ErrorState, Waiting } from '../elements/states.js';
import { useRights } from '../session/session.js';
import { Prices } from './prices.js';
import { AGENTS, useAgents } from './use-agents.js';

export function AgentList() {
  const agents = useAgents();
  const [edited, setEdited] = useState<Agent | 'new' | null>(null);
  const { isAdmin } = useRights();
  /** In the address, so that what lacks a price can link to where it is set. */
  const priced = useAddress().params.get('prices');
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          Agents
        </Title>
        {isAdmin && (
          <Button size="sm" onClick={() => setEdited('new')}>
            New agent
          </Button>
        )}
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
                {isAdmin && (
                  <Table.Th scope="col" visibleFrom="sm">
                    Invalid deliveries
                  </Table.Th>
                )}
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
                  {isAdmin && (
                    <Table.Td visibleFrom="sm">
                      {agent.on_invalid === 'accept'
                        ? 'Accept (200), quarantine'
                        : 'Reject (400), quarantine'}
                    </Table.Td>
                  )}
                  <Table.Td>
                    <Group gap="xs" justify="flex-end">
                      {isAdmin && (
                        <Anchor size="sm" href={linkTo('/connect', { agent: agent.id })}>
                          Connect
                        </Anchor>
                      )}
                      <Button
                        variant="default"
                        size="compact-sm"
                        onClick={() => changeHere({ prices: agent.id })}
                      >
                        Prices<span className="skip"> of {agent.id}</span>
                      </Button>
                      {isAdmin && (
                        <Button variant="default" size="compact-sm" onClick={() => setEdited(agent)}>
                          Edit<span className="skip"> {agent.id}</span>
                        </Button>
                      )}
                    </Group>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <Dialog
        title={edited === 'new' ? 'New agent' : 'Edit agent'}
        isOpen={edited !== null}
        onClose={() => setEdited(null)}
      >
        {edited && <AgentForm agent={edited === 'new' ? null : edited} onDone={() => setEdited(null)} />}
      </Dialog>
      <Dialog
        title={`Prices of ${priced ?? ''}`}
        isOpen={priced !== null}
        onClose={() => changeHere({ prices: null })}
      >
        {priced && <Prices agent={priced} />}
      </Dialog>
    </Paper>
  );
}

function AgentForm({ agent, onDone }: { agent: Agent | null; onDone: () => void }) {
  const queries = useQueryClient();
  const { submit, isBusy, problem } = useSubmit(async (form: FormData) => {
    const body = { name: String(form.get('name') ?? ''), on_invalid: String(form.get('on_invalid')) };
    if (agent) await tell('PATCH', `/v1/agents/${agent.id}`, body);
    else await tell('POST', '/v1/agents', { ...body, id: String(form.get('id') ?? '') });
    await queries.invalidateQueries({ queryKey: AGENTS });
    onDone();
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    submit(new FormData(event.currentTarget));
  };
  return (
    <form onSubmit={onSubmit}>
      <Stack>
        {problem && <ErrorState error={problem} />}
        {!agent && (
          <TextInput
            name="id"
            label="ID"
            description="a–z, 0–9 and -; can't be changed later"
            required
            data-autofocus
          />
        )}
        <TextInput name="name" label="Name" defaultValue={agent?.name ?? ''} required />
        <NativeSelect
          name="on_invalid"
          label="On invalid delivery"
          defaultValue={agent?.on_invalid ?? 'reject'}
          data={[
            { value: 'reject', label: 'Reject (400) and quarantine' },
            { value: 'accept', label: 'Accept (200) and quarantine' },
          ]}
        />
        <Button type="submit" loading={isBusy}>
          {agent ? 'Save' : 'Create agent'}
        </Button>
      </Stack>
    </form>
  );
}
