import { Alert, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { tell } from '../api/request.js';
import type { ApiKey } from '../api/types.js';
import { Copy } from '../elements/copy.js';
import { ErrorState } from '../elements/states.js';
import { useAgents } from './use-agents.js';
import { KEYS } from './use-keys.js';

const SCOPES = [
  { value: 'ingest', label: 'send messages (ingest)' },
  { value: 'read', label: 'read (read)' },
  { value: 'admin', label: 'administer, and read (admin)' },
];

/** Makes a key, and shows its token this once. To rotate is to make the same key anew and then revoke the old one. */
export function NewKey({
  pattern,
  onDone,
  onRevokeOld,
}: {
  pattern: ApiKey | null;
  onDone: () => void;
  onRevokeOld: (old: ApiKey) => void;
}) {
  const queries = useQueryClient();
  const agents = useAgents().data?.data ?? [];
  const [scope, setScope] = useState(pattern?.scopes[0] ?? 'ingest');
  const [problem, setProblem] = useState<Error | null>(null);
  const [made, setMade] = useState<ApiKey | null>(null);

  const make = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim() || null;
    const expires = text('expires_at');
    try {
      const key = await tell<ApiKey>('POST', '/v1/keys', {
        label: text('label') ?? '',
        scopes: pattern?.scopes ?? [scope],
        agent: pattern ? pattern.agent : scope === 'admin' ? null : text('agent'),
        ...(text('token') && { token: text('token') }),
        ...(expires && { expires_at: `${expires}T00:00:00Z` }),
      });
      await queries.invalidateQueries({ queryKey: KEYS });
      setMade(key);
    } catch (error) {
      setProblem(error as Error);
    }
  };

  if (made) {
    return (
      <Stack>
        <Alert color="green" variant="light" title="This token is shown this once">
          Keep it where it will be used. Only its hash is stored here.
        </Alert>
        <Group gap="sm">
          <span className="mono" data-testid="token">
            {made.token}
          </span>
          {made.token && <Copy value={made.token} name="the token" />}
        </Group>
        <Group justify="flex-end">
          {pattern && (
            <Button variant="default" onClick={() => onRevokeOld(pattern)}>
              Revoke the old key…
            </Button>
          )}
          <Button onClick={onDone}>Done</Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form onSubmit={(event) => void make(event)}>
      <Stack>
        {problem && <ErrorState error={problem} />}
        {pattern && (
          <Text size="sm">
            A new key is made that may do the same ({pattern.scopes.join(', ')}). The old one works until you
            revoke it.
          </Text>
        )}
        <TextInput name="label" label="Name" defaultValue={pattern?.label ?? ''} data-autofocus />
        {!pattern && (
          <NativeSelect
            label="May"
            data={SCOPES}
            value={scope}
            onChange={({ currentTarget }) => setScope(currentTarget.value)}
          />
        )}
        {!pattern && scope !== 'admin' && (
          <NativeSelect
            name="agent"
            label="Agent"
            data={[
              ...(scope === 'read' ? [{ value: '', label: 'All agents' }] : []),
              ...agents.map(({ id, name }) => ({ value: id, label: name || id })),
            ]}
          />
        )}
        <TextInput
          name="token"
          label="Token"
          description="Leave it empty to have one made. AltaBots sends its own API key: that can be given here."
          autoComplete="off"
        />
        <TextInput
          name="expires_at"
          type="date"
          label="Ends"
          description="Empty: it does not end by itself."
        />
        <Button type="submit">Make the key</Button>
      </Stack>
    </form>
  );
}
