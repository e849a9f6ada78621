import {
  createMemoryHistory,
  createRootRoute,
  createRouter,
  RouterContextProvider,
} from '@tanstack/react-router';
import { render, screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { FromBroadcast } from './FromBroadcast';
import type { Broadcast } from './grouping';

function show(broadcast: Broadcast) {
  const router = createRouter({ routeTree: createRootRoute(), history: createMemoryHistory() });
  render(
    <RouterContextProvider router={router as never}>
      <FromBroadcast broadcast={broadcast} />
    </RouterContextProvider>,
  );
}

describe('what a broadcast sent', () => {
  it('leads to it', () => {
    show({ id: 'b1', name: 'Handloom week' });
    const link = screen.getByRole('link', { name: 'Handloom week' });
    expect(link.getAttribute('href')).toBe('/broadcasts/b1');
  });

  it('does not say which one to who may not see broadcasts', () => {
    show(null);
    expect(screen.getByText('Broadcast')).toBeTruthy();
    expect(screen.queryByRole('link')).toBeNull();
  });
});
