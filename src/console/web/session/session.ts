import { useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { useAddress } from '../address.js';
import { ask } from '../api/request.js';
import type { Session } from '../api/types.js';
import { isZone } from '../time/zone.js';

interface Who {
  session: Session | null;
  report_tz: string;
}

export const SESSION = ['session'];

export const useWho = () =>
  useQuery({
    queryKey: SESSION,
    queryFn: () => ask<Who>('/console/session'),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** What the signed-in key may do; what it may not do is not shown. */
export interface Rights {
  session: Session;
  isAdmin: boolean;
  /** Closes months and adds prices: the scope `finance`, which `admin` includes. */
  isFinance: boolean;
  reportTz: string;
}

export const rightsOf = (scopes: string[]): Pick<Rights, 'isAdmin' | 'isFinance'> => ({
  isAdmin: scopes.includes('admin'),
  isFinance: scopes.includes('admin') || scopes.includes('finance'),
});

export const RightsContext = createContext<Rights | null>(null);

export function useRights(): Rights {
  const rights = useContext(RightsContext);
  if (!rights) throw new Error('This part of the page is for those who are signed in.');
  return rights;
}

/** The zone that all times of the page are shown in: the address's, or that of the server's reports. */
export function useZone(): string {
  const { reportTz } = useRights();
  const asked = useAddress().params.get('tz');
  return asked && isZone(asked) ? asked : reportTz;
}
