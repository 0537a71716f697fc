import { Alert, Button, Group, List, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, tell } from '../api/request.js';
import type { Quarantined } from '../api/types.js';
import { useSubmit } from '../api/use-submit.js';
import { Dialog } from '../elements/dialog.js';
import { Raw } from '../elements/raw.js';
import { ErrorState, Waiting } from '../elements/states.js';
import { showCount } from '../figures/figures.js';
import { Body } from './body.js';
import { QUARANTINE } from './quarantine.js';

/** One refused delivery, named in the address so that it can be shown to whoever sends. */
export function OneQuarantined({ id, onClose }: { id: string | null; onClose: () => void }) {
  return (
    <Dialog title="A delivery that was refused" isOpen={id !== null} onClose={onClose} isWide>
      {id && <Detail id={id} />}
    </Dialog>
  );
}

function Detail({ id }: { id: string }) {
  const path = `/v1/quarantine/${encodeURIComponent(id)}`;
  const one = useQuery({ queryKey: [...QUARANTINE, 'one', id], queryFn: () => ask<Quarantined>(path) });
  if (one.error) return <ErrorState error={one.error} />;
  if (one.isPending) return <Waiting />;
  const { problems, body, body_base64, bytes, sha256, state } = one.data;
  return (
    <Stack>
      <div>
        <Text fw={600} size="sm">
          Why it was refused
        </Text>
        <List size="sm">
          {(problems ?? []).map(({ field, problem }) => (
            <List.Item key={field + problem}>
              <span className="mono">{field}</span> {problem}
            </List.Item>
          ))}
        </List>
      </div>
      {typeof body === 'string' && <Body body={body} problems={problems ?? []} />}
      {body_base64 !== undefined && (
        <>
          <Text size="sm" c="dimmed">
            The bytes are not UTF-8, so they are shown as base64.
          </Text>
          <Raw label="The body in base64">{body_base64}</Raw>
        </>
      )}
      <Text size="xs" c="dimmed" className="mono">
        {showCount(bytes)} bytes · SHA-256 {sha256}
      </Text>
      {state === 'waiting' ? (
        <Settle path={path} />
      ) : (
        <Alert
          color={state === 'stored' ? 'green' : 'gray'}
          variant="light"
          title={`This delivery is ${state}`}
        />
      )}
    </Stack>
  );
}

function Settle({ path }: { path: string }) {
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const replay = useSubmit(async () => {
    try {
      return await tell<Quarantined | null>('POST', `${path}/replay`);
    } finally {
      await queries.invalidateQueries({ queryKey: QUARANTINE });
    }
  });
  const dismiss = useSubmit(async () => {
    try {
      await tell('POST', `${path}/dismiss`, { reason: reason.trim() });
    } finally {
      await queries.invalidateQueries({ queryKey: QUARANTINE });
    }
  });
  const problem = replay.problem ?? dismiss.problem;
  return (
    <Stack gap="sm">
      {problem && <ErrorState error={problem} />}
      {replay.answer?.state === 'waiting' && (
        <Alert color="yellow" variant="light" role="alert" title="Still refused">
          The same is still wrong with it. It can be stored once the server reads such a body.
        </Alert>
      )}
      <Group align="flex-end">
        <Button loading={replay.isBusy} disabled={dismiss.isBusy} onClick={() => replay.submit()}>
          Replay
        </Button>
        <TextInput
          label="Reason to dismiss it"
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
          className="search"
        />
        <Button
          variant="default"
          disabled={reason.trim() === '' || replay.isBusy}
          loading={dismiss.isBusy}
          onClick={() => dismiss.submit()}
        >
          Dismiss
        </Button>
      </Group>
    </Stack>
  );
}
