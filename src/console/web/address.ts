import { useSyncExternalStore } from 'react';

/**
 * Where the reader is. It stands behind the `#`, so that what somebody searches for reaches no server's or proxy's log,
 * and every page can be shared by its address.
 */
export interface Address {
  path: string;
  params: URLSearchParams;
}

type Values = Record<string, string | null | undefined>;

/** Parameters that stay when somebody goes on to another page. */
const KEPT = ['tz'];

const subscribe = (changed: () => void) => {
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
};

/** The address, and the component drawn anew when it changes. */
export function useAddress(): Address {
  return readAddress(useSyncExternalStore(subscribe, () => window.location.hash));
}

export function readAddress(hash: string): Address {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  return { path: path || '/', params: new URLSearchParams(query) };
}

/** The address of a page with these parameters; empty ones are left out. */
export function linkTo(path: string, values: Values = {}): string {
  const here = readAddress(window.location.hash).params;
  const params = new URLSearchParams();
  for (const name of KEPT) if (here.get(name) && !(name in values)) params.set(name, here.get(name) ?? '');
  for (const [name, value] of Object.entries(values)) if (value) params.set(name, value);
  const query = params.toString();
  return `#${path}${query && `?${query}`}`;
}

export function goTo(path: string, values: Values = {}): void {
  window.location.hash = linkTo(path, values);
}

/** Changes parameters of this page without a step to go back to: filters that change as one types. */
export function changeHere(values: Values): void {
  const { path, params } = readAddress(window.location.hash);
  const hash = linkTo(path, { ...Object.fromEntries(params), ...values });
  window.history.replaceState(null, '', hash);
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}
