import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core';
import type { Statement } from '../api/types.js';
import { Copy } from '../elements/copy.js';
import { Unpriced } from '../elements/unpriced.js';
import { creditsOf } from '../figures/figures.js';
import { Invoice } from './invoice.js';
import { Sums } from './sums.js';
import { unpricedIn } from './unpriced-in.js';

/** What was just closed: its figures, its files, and the hash to check them by. */
export function Frozen({ statement, onClose }: { statement: Statement; onClose: () => void }) {
  const { id, period, sha256, document } = statement;
  const file = `statement-${period}-${id}.json`;
  const unpriced = document && unpricedIn(document);
  return (
    <Stack>
      <Alert color="green" variant="light" title="The month is closed">
        These figures are final. Anything that arrives later is listed as an adjustment.
      </Alert>
      {document && <Sums totals={document.totals} />}
      {document && document.invoiced_credits !== null && (
        <Invoice invoiced={document.invoiced_credits} counted={creditsOf(document.totals.usage)} />
      )}
      {unpriced && (
        <Text size="sm">
          <Unpriced {...unpriced} />
        </Text>
      )}
      <Group>
        <Anchor href={`/v1/statements/${id}/document`} download={file}>
          Download the statement (JSON)
        </Anchor>
        <Anchor href={`/v1/statements/${id}/csv`} download={`statement-${period}-${id}.csv`}>
          Download daily breakdown (CSV)
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
        {document?.tzdata && (
          <Text size="sm" c="dimmed">
            Time zone rules {document.tzdata}
          </Text>
        )}
      </div>
      <Group justify="flex-end">
        <Button onClick={onClose}>Done</Button>
      </Group>
    </Stack>
  );
}
