import { Anchor } from '@mantine/core';
import { Fragment } from 'react';
import { linkTo } from '../address.js';
import { showDecimal, toCents } from '../figures/figures.js';
import { useRights } from '../session/session.js';

/** Agents that are named; of more it is said how many. */
const MOST_NAMED = 5;

/** `20.29 credits without a price are not in the cost (hr-helper → set a price).` */
export function Unpriced({ credits, agents }: { credits: string; agents: string[] }) {
  const { isFinance } = useRights();
  const named = agents.slice(0, MOST_NAMED);
  const rest = agents.length - named.length;
  return (
    <>
      <span title={`${showDecimal(credits)} credits`}>{toCents(credits)}</span> credits without a price are
      not in the cost
      {named.length > 0 && ' ('}
      {named.map((agent, index) => (
        <Fragment key={agent}>
          {index > 0 && ', '}
          {agent}
          {isFinance && (
            <>
              {' → '}
              <Anchor inherit underline="always" href={linkTo('/agents', { prices: agent })}>
                set a price<span className="skip"> for {agent}</span>
              </Anchor>
            </>
          )}
        </Fragment>
      ))}
      {rest > 0 && ` and ${rest} more`}
      {named.length > 0 && ')'}.
    </>
  );
}
