import { Button, Group, Text } from '@mantine/core';
import { withParameters } from '../api/request.js';

const FORMATS = { md: 'Markdown', csv: 'CSV', json: 'JSON' };

/** All messages of a conversation as one file, which the server makes. */
export function Export({ id, agent }: { id: string; agent: string | null }) {
  const path = `/v1/conversations/${encodeURIComponent(id)}/transcript`;
  return (
    <Group gap="xs">
      <Text size="sm" c="dimmed">
        Export as
      </Text>
      {Object.entries(FORMATS).map(([format, name]) => (
        <Button
          key={format}
          component="a"
          variant="default"
          size="xs"
          href={withParameters(path, { agent, format })}
          download
          aria-label={`Export as ${name}`}
        >
          {name}
        </Button>
      ))}
    </Group>
  );
}
