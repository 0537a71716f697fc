import { useQuery } from '@tanstack/react-query';
import { askAll } from '../api/request.js';
import type { ApiKey, Page } from '../api/types.js';

export const KEYS = ['keys'];

export const useKeys = () =>
  useQuery({ queryKey: KEYS, queryFn: () => askAll<ApiKey, Page<ApiKey>>('/v1/keys', { limit: 200 }) });
