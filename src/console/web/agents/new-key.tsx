import { Alert, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { tell } from '../api/request.js';
import type { ApiKey } from '../api/types.js';
import { useSubmit } from '../api/use-submit.js';
import { Copy } from '../elements/copy.js';
import { ErrorState } from '../elements/states.js';
import { useAgents } from './use-agents.js';
import { KEYS } from './use-keys.js';

const SCOPES = [
  { value: 'ingest', label: 'Ingest – send messages' },
  { value: 'read', label: 'Read – view data' },
  { value: 'finance', label: 'Finance – close months, add prices, view' },
  { value: 'admin', label: 'Admin – full access (no ingest)' },
];

/** What the API asks of a token that is given: shorter ones can be guessed. */
const MIN_TOKEN_CHARACTERS = 16;

/** Makes a key, and shows its token this once. To rotate is to make the same key anew and then revoke the old one. */
export function NewKey({
  pattern,
  onMade,
  onDone,
  onRevokeOld,
}: {
  pattern: ApiKey | null;
  onMade: () => void;
  onDone: () => void;
  onRevokeOld: (old: ApiKey) => void;
}) {
  const queries = useQueryClient();
  const agents = useAgents().data?.data ?? [];
  const [scope, setScope] = useState(pattern?.scopes[0] ?? 'ingest');
  const [tokenProblem, setTokenProblem] = useState<string | null>(null);
  const {
    submit,
    isBusy,
    problem,
    answer: made,
  } = useSubmit(async (form: FormData) => {
    const text = (name: string) => textIn(form, name);
    const expires = text('expires_at');
    const key = await tell<ApiKey>('POST', '/v1/keys', {
      label: text('label') ?? '',
      scopes: pattern?.scopes ?? [scope],
      agent: pattern ? pattern.agent : scope === 'admin' ? null : text('agent'),
      ...(text('token') && { token: text('token') }),
      ...(expires && { expires_at: `${expires}T00:00:00Z` }),
    });
    onMade();
    await queries.invalidateQueries({ queryKey: KEYS });
    return key;
  });

  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const token = textIn(form, 'token');
    const isTooShort = token !== null && [...token].length < MIN_TOKEN_CHARACTERS;
    setTokenProblem(isTooShort ? `Use at least ${MIN_TOKEN_CHARACTERS} characters.` : null);
    if (!isTooShort) submit(form);
  };

  if (made) {
    return (
      <Stack>
        <Alert color="green" variant="light" title="Copy this token now">
          It won't be shown again. Only a hash is stored.
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
    <form onSubmit={onSubmit}>
      <Stack>
        {problem && <ErrorState error={problem} />}
        {pattern && (
          <Text size="sm">
            Creates a new key with the same scope ({pattern.scopes.join(', ')}). The old key keeps working
            until you revoke it.
          </Text>
        )}
        <TextInput name="label" label="Name" defaultValue={pattern?.label ?? ''} data-autofocus />
        {!pattern && (
          <NativeSelect
            label="Scope"
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
              ...(scope === 'ingest' ? [] : [{ value: '', label: 'All agents' }]),
              ...agents.map(({ id, name }) => ({ value: id, label: name || id })),
            ]}
          />
        )}
        <TextInput
          name="token"
          label="Token"
          description={`Leave empty to generate one, or paste the API key that AltaBots sends: at least ${MIN_TOKEN_CHARACTERS} characters.`}
          autoComplete="off"
          error={tokenProblem}
        />
        <TextInput name="expires_at" type="date" label="Expires" description="Leave empty for no expiry." />
        <Button type="submit" loading={isBusy}>
          Create key
        </Button>
      </Stack>
    </form>
  );
}

const textIn = (form: FormData, name: string) => String(form.get(name) ?? '').trim() || null;
