import { Button } from '@mantine/core';
import { useState } from 'react';
import { askAll } from '../api/request.js';
import type { Message, Page } from '../api/types.js';

/** Messages of one export; beyond, the API is the better door. */
const MOST = 50_000;

/** Saves all messages of a conversation as one JSON file, every figure as the API gave it. */
export function Export({ id, agent }: { id: string; agent: string | null }) {
  const [isBusy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      const { data } = await askAll<Message, Page<Message>>(
        `/v1/conversations/${encodeURIComponent(id)}/messages`,
        { agent, limit: 200 },
        MOST,
      );
      offer(JSON.stringify(data, asNumber, 2), `conversation-${id.replaceAll(/[^\w.-]/g, '_')}.json`);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button variant="default" size="sm" loading={isBusy} onClick={() => void save()}>
      Export as JSON
    </Button>
  );
}

const asNumber = (_name: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);

function offer(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
