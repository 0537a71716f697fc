import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core';
import type { Statement } from '../api/types.js';
import { Copy } from '../elements/copy.js';

/** What was just closed: its files, and the hash to check them by. */
export function Frozen({ statement, onClose }: { statement: Statement; onClose: () => void }) {
  const { id, period, sha256 } = statement;
  const file = `statement-${period}-${id}.json`;
  return (
    <Stack>
      <Alert color="green" variant="light" title="The month is closed">
        Its figures will not change any more. What still arrives for it is shown as a restatement.
      </Alert>
      <Group>
        <Anchor href={`/v1/statements/${id}/document`} download={file}>
          Download the statement (JSON)
        </Anchor>
        <Anchor href={`/v1/statements/${id}/csv`} download={`statement-${period}-${id}.csv`}>
          Download its days (CSV)
        </Anchor>
      </Group>
      <div>
        <Text size="sm" c="dimmed">
          SHA-256 of the JSON file; check it with <code>sha256sum {file}</code>
        </Text>
        <Group gap="sm">
          <span className="mono" data-testid="sha256">
            {sha256}
          </span>
          <Copy value={sha256} name="the hash" />
        </Group>
      </div>
      <Group justify="flex-end">
        <Button onClick={onClose}>Done</Button>
      </Group>
    </Stack>
  );
}
