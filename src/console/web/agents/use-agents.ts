import { useQuery } from '@tanstack/react-query';
import { askAll } from '../api/request.js';
import type { Agent, Page } from '../api/types.js';

export const AGENTS = ['agents'];

/** All agents that the key may see: one that belongs to an agent sees that one alone. */
export const useAgents = () =>
  useQuery({ queryKey: AGENTS, queryFn: () => askAll<Agent, Page<Agent>>('/v1/agents', { limit: 200 }) });
