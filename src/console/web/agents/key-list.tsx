import { Badge, Button, Group, Paper, Switch, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import type { ApiKey } from '../api/types.js';
import { Dialog } from '../elements/dialog.js';
import { ErrorState, Waiting } from '../elements/states.js';
import { useRights, useZone } from '../session/session.js';
import { showInstant } from '../time/zone.js';
import { NewKey } from './new-key.js';
import { Revoke } from './revoke.js';
import { useKeys } from './use-keys.js';

export function KeyList() {
  const keys = useKeys();
  const [isAll, setAll] = useState(false);
  /** A key to make, after the pattern of another one when that is to be replaced. */
  const [pattern, setPattern] = useState<ApiKey | 'none' | null>(null);
  const [revoked, setRevoked] = useState<ApiKey | null>(null);
  const [isTokenShown, setTokenShown] = useState(false);
  const rows = (keys.data?.data ?? []).filter((key) => isAll || isLive(key));
  const end = () => {
    setPattern(null);
    setTokenShown(false);
  };
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          API keys
        </Title>
        <Group>
          <Switch
            label="Show expired and revoked"
            checked={isAll}
            onChange={({ currentTarget }) => setAll(currentTarget.checked)}
          />
          <Button size="sm" onClick={() => setPattern('none')}>
            New API key
          </Button>
        </Group>
      </Group>
      {keys.error && <ErrorState error={keys.error} again={() => void keys.refetch()} />}
      {keys.isPending && <Waiting />}
      {keys.data && <Rows rows={rows} onRotate={setPattern} onRevoke={setRevoked} />}
      <Dialog
        title={pattern === 'none' ? 'New API key' : 'Rotate a key'}
        isOpen={pattern !== null}
        onClose={end}
        isKept={isTokenShown}
      >
        {pattern && (
          <NewKey
            pattern={pattern === 'none' ? null : pattern}
            onMade={() => setTokenShown(true)}
            onDone={end}
            onRevokeOld={(old) => {
              end();
              setRevoked(old);
            }}
          />
        )}
      </Dialog>
      <Dialog title="Revoke a key" isOpen={revoked !== null} onClose={() => setRevoked(null)}>
        {revoked && <Revoke apiKey={revoked} onDone={() => setRevoked(null)} />}
      </Dialog>
    </Paper>
  );
}

const isLive = ({ revoked_at, expires_at }: ApiKey) =>
  revoked_at === null && (expires_at === null || new Date(expires_at) > new Date());

function Rows({
  rows,
  onRotate,
  onRevoke,
}: {
  rows: ApiKey[];
  onRotate: (key: ApiKey) => void;
  onRevoke: (key: ApiKey) => void;
}) {
  const zone = useZone();
  const { session } = useRights();
  return (
    <Table.ScrollContainer minWidth={0} tabIndex={0}>
      <Table verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Key</Table.Th>
            <Table.Th scope="col">Scope</Table.Th>
            <Table.Th scope="col">Agent</Table.Th>
            <Table.Th scope="col" visibleFrom="sm">
              Created
            </Table.Th>
            <Table.Th scope="col" visibleFrom="sm">
              Last used
            </Table.Th>
            <Table.Th scope="col" visibleFrom="sm">
              Expires
            </Table.Th>
            <Table.Th scope="col">
              <span className="skip">Actions</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((key) => (
            <Table.Tr key={key.key_id}>
              <Table.Td>
                <Text size="sm">
                  {key.label || 'Unnamed'}{' '}
                  {key.key_id === session.key_id && <Badge size="xs">current session</Badge>}
                </Text>
                <span className="mono quiet">{key.hint}</span>
              </Table.Td>
              <Table.Td>{key.scopes.join(', ')}</Table.Td>
              <Table.Td>{key.agent ?? 'all'}</Table.Td>
              <Table.Td className="when" visibleFrom="sm">
                {showInstant(key.created_at, zone)}
              </Table.Td>
              <Table.Td className="when" visibleFrom="sm">
                {key.last_used_at ? showInstant(key.last_used_at, zone) : 'never'}
              </Table.Td>
              <Table.Td visibleFrom="sm">
                {key.revoked_at
                  ? `revoked ${showInstant(key.revoked_at, zone)}`
                  : showInstant(key.expires_at, zone)}
              </Table.Td>
              <Table.Td>
                {isLive(key) && (
                  <Group gap="xs" justify="flex-end">
                    <Button variant="default" size="compact-sm" onClick={() => onRotate(key)}>
                      Rotate<span className="skip"> {key.label}</span>
                    </Button>
                    <Button variant="default" size="compact-sm" onClick={() => onRevoke(key)}>
                      Revoke<span className="skip"> {key.label}</span>
                    </Button>
                  </Group>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
