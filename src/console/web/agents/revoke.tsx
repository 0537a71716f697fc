import { Button, Group, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { tell } from '../api/request.js';
import type { ApiKey } from '../api/types.js';
import { ErrorState } from '../elements/states.js';
import { useRights } from '../session/session.js';
import { KEYS } from './use-keys.js';

export function Revoke({ apiKey, onDone }: { apiKey: ApiKey; onDone: () => void }) {
  const queries = useQueryClient();
  const { session } = useRights();
  const [problem, setProblem] = useState<Error | null>(null);
  const revoke = async () => {
    try {
      await tell('DELETE', `/v1/keys/${apiKey.key_id}`);
      onDone();
      // Where it was this session's own key, this is the request that finds out.
      await queries.invalidateQueries({ queryKey: KEYS });
    } catch (error) {
      setProblem(error as Error);
    }
  };
  return (
    <Stack>
      {problem && <ErrorState error={problem} />}
      <Text size="sm">
        Whoever uses “{apiKey.label || apiKey.hint}” is refused from the next request on. This cannot be taken
        back.
      </Text>
      {apiKey.key_id === session.key_id && (
        <Text size="sm" fw={600}>
          You are signed in with this key: you will be signed out.
        </Text>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button color="red.9" onClick={() => void revoke()}>
          Revoke
        </Button>
      </Group>
    </Stack>
  );
}
