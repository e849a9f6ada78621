import { DirectionProvider, localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect } from 'react';
import { I18nextProvider, useTranslation } from 'react-i18next';
import { asProblem } from './api/problem';
import { i18next } from './i18n';
import { makeRouter } from './router';
import { resolver, theme } from './theme/theme';

const RETRIES = 2;

export const queryClient = new QueryClient({
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
