import '@mantine/core/styles.css';
import './console.css';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { Refused } from './api/request.js';
import { App } from './app.js';
import { theme, variables } from './theme.js';

/** The server lets only those style elements work that carry this page's nonce. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

// What keeps the page behind a dialog from scrolling makes a style of its own, and asks for the nonce by this name.
Object.assign(window, { __webpack_nonce__: nonce });

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the API refuses it will refuse again; only an outage is worth another try.
      retry: (count, error) =>
        count < 2 && error instanceof Refused && (error.status === 0 || error.status >= 500),
    },
  },
});

createRoot(document.getElementById('root')!).render(
  <QueryClientProvider client={queries}>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <App />
    </MantineProvider>
  </QueryClientProvider>,
);
