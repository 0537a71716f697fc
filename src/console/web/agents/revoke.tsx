import { Button, Group, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { tell } from '../api/request.js';
import type { ApiKey } from '../api/types.js';
import { useSubmit } from '../api/use-submit.js';
import { ErrorState } from '../elements/states.js';
import { useRights } from '../session/session.js';
import { KEYS } from './use-keys.js';

export function Revoke({ apiKey, onDone }: { apiKey: ApiKey; onDone: () => void }) {
  const queries = useQueryClient();
  const { session } = useRights();
  const { submit, isBusy, problem } = useSubmit(async () => {
    await tell('DELETE', `/v1/keys/${apiKey.key_id}`);
    onDone();
    // Where it was this session's own key, this is the request that finds out.
    await queries.invalidateQueries({ queryKey: KEYS });
  });
  return (
    <Stack>
      {problem && <ErrorState error={problem} />}
      <Text size="sm">
        Requests with “{apiKey.label || apiKey.hint}” will be rejected immediately. This can't be undone.
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
        <Button color="red.9" loading={isBusy} onClick={() => submit()}>
          Revoke
        </Button>
      </Group>
    </Stack>
  );
}
