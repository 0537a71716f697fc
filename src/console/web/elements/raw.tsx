import { Box } from '@mantine/core';
import type { ReactNode } from 'react';

/** Text as it came, in a frame that scrolls, also by the keyboard. */
export function Raw({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Box component="pre" className="raw" tabIndex={0} role="region" aria-label={label}>
      {children}
    </Box>
  );
}
