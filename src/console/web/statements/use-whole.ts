import { skipToken, useQuery } from '@tanstack/react-query';
import { ask } from '../api/request.js';
import type { Statement } from '../api/types.js';
import { STATEMENTS } from './statements.js';

/** A statement with its document and what arrived since, which the list leaves out. */
export const useWhole = (id: string | null) =>
  useQuery({
    queryKey: [...STATEMENTS, id],
    queryFn: id === null ? skipToken : () => ask<Statement>(`/v1/statements/${id}`),
  });
