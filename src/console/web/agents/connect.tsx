import { Button, Code, Group, Paper, Stack, Text } from '@mantine/core';
import { useAddress } from '../address.js';
import { tell } from '../api/request.js';
import type { ApiKey } from '../api/types.js';
import { useSubmit } from '../api/use-submit.js';
import { AgentPicker } from '../elements/agent-picker.js';
import { Copy } from '../elements/copy.js';
import { PageTitle } from '../elements/page-title.js';
import { ErrorState } from '../elements/states.js';
import { FirstDelivery } from './first-delivery.js';
import { TryIt } from './try-it.js';

/** Everything that has to be entered at AltaBots, and a test. */
export default function Connect() {
  const agent = useAddress().params.get('agent') ?? 'default';
  const {
    submit,
    isBusy,
    problem,
    answer: key,
  } = useSubmit(() =>
    tell<ApiKey>('POST', '/v1/keys', { label: `AltaBots, ${agent}`, scopes: ['ingest'], agent }),
  );
  const address = `${window.location.origin}/webhook`;
  const token = key?.token ?? '<the ingest token>';
  return (
    <Stack gap="lg">
      <PageTitle title="Connect AltaBots" about={`Enter these in AltaBots for the agent “${agent}”.`} />
      <div className="filters">
        <AgentPicker always="default" />
      </div>
      <FirstDelivery agent={agent} />
      <Paper withBorder p="md">
        <Stack>
          <Fact name="Webhook URL" value={address} />
          <Fact name="Authorization header" value={`Authorization: Bearer ${token}`} />
          <div>
            <Text size="sm" c="dimmed">
              {key
                ? "Copy this token now; it won't be shown again. Only a hash is stored."
                : 'Use a token that you have, or create a key for this agent. AltaBots’ own API key can be entered as its token.'}
            </Text>
            {problem && <ErrorState error={problem} />}
            {!key && (
              <Button mt="xs" variant="default" size="sm" loading={isBusy} onClick={() => submit()}>
                Create key
              </Button>
            )}
          </div>
          <Text size="sm" c="dimmed">
            If you can't set headers, put the token in the URL:{' '}
            <Code className="mono">{`${address}/${token}`}</Code>
          </Text>
        </Stack>
      </Paper>
      <TryIt address={address} token={key?.token ?? null} />
    </Stack>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <Text size="sm" fw={600}>
        {name}
      </Text>
      <Group gap="sm">
        <span className="mono" data-testid={name}>
          {value}
        </span>
        <Copy value={value} name={name} />
      </Group>
    </div>
  );
}
