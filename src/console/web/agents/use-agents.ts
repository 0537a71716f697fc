import { useQuery } from '@tanstack/react-query';
import { askAll } from '../api/request.js';
import type { Agent, Page } from '../api/types.js';
import { useRights } from '../session/session.js';

export const AGENTS = ['agents'];

/** All agents; only an administrator's key may ask for them. */
export function useAgents() {
  const { isAdmin } = useRights();
  return useQuery({
    queryKey: AGENTS,
    queryFn: () => askAll<Agent, Page<Agent>>('/v1/agents', { limit: 200 }),
    enabled: isAdmin,
  });
}
