import { DirectionProvider, localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect } from 'react';
import { I18nextProvider, useTranslation } from 'react-i18next';
import { asProblem } from './api/problem';
import { keys } from './api/queries';
import type { Me } from './api/types';
import { i18next } from './i18n';
import { endSession } from './live/session';
import { makeRouter } from './router';
import { resolver, theme } from './theme/theme';

const RETRIES = 2;

/** Wherever it shows first that the session is over and cannot be renewed, the shell asks to sign in again. */
function noticeEnd(error: unknown) {
  const me = queryClient.getQueryData<Me | null>(keys.me);
  if (me && asProblem(error).signedOut) endSession(me);
}

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeEnd }),
  mutationCache: new MutationCache({ onError: noticeEnd }),
  defaultOptions: {
    queries: {
      // The live line keeps the caches true; loading again on focus would only move rows under the hand.
      staleTime: 60_000,
      refetchOnWindowFocus: false,
      networkMode: 'always',
      retry: (failures, error) => asProblem(error).mayRepeat && failures < RETRIES,
      retryDelay: (attempt) => 500 * 2 ** attempt,
    },
    mutations: { networkMode: 'always' },
  },
});

const router = makeRouter(queryClient);
const colourScheme = localStorageColorSchemeManager({ key: 'jetto.theme' });

export function App() {
  return (
    <I18nextProvider i18n={i18next}>
      <Themed />
    </I18nextProvider>
  );
}

function Themed() {
  const { i18n } = useTranslation();
  // Remounting on a change of direction keeps every measured width and drawer side right.
  const direction = i18n.dir(i18n.language);
  useEffect(() => {
    document.documentElement.dir = direction;
  }, [direction]);
  return (
    <DirectionProvider key={direction} initialDirection={direction} detectDirection={false}>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={resolver}
        colorSchemeManager={colourScheme}
        defaultColorScheme="auto"
      >
        <QueryClientProvider client={queryClient}>
          <Notifications position={direction === 'rtl' ? 'bottom-left' : 'bottom-right'} limit={3} w={380} />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>
  );
}
