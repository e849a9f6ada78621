import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, waitFor } from '@testing-library/react';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { keys } from '../../api/queries';
import { withWords } from '../../i18n';
import { campaigns } from '../api';
import type { Lane } from '../types';
import { Lanes } from './Lanes';

const lane = (id: string, rests: boolean): Lane => ({
  phone_number_id: id,
  name: `Store ${id}`,
  waiting: 5,
  done: 5,
  sent_per_second: 0,
  allowed_per_second: 80,
  state: rests ? 'paused' : 'running',
  rests,
  note: null,
  until: null,
});

function show(lanes: Lane[], permissions: string[]) {
  const client = new QueryClient();
  client.setQueryData(keys.me, { permissions, numbers: [] } as never);
  render(
    <MantineProvider>
      <QueryClientProvider client={client}>
        <Lanes lanes={lanes} of="b1" />
      </QueryClientProvider>
    </MantineProvider>,
  );
}

const CONTROL = ['campaigns.read', 'campaigns.control'];

describe('lanes', () => {
  beforeAll(async () => {
    await withWords(async () => null, 'broadcasts')();
  });

  it('rest and go on one by one', async () => {
    const told = vi.spyOn(campaigns, 'lane').mockRejectedValue(new Error('no'));
    show([lane('1', false), lane('2', true)], CONTROL);
    screen.getByRole('button', { name: 'Pause Store 1' }).click();
    await waitFor(() => expect(told).toHaveBeenCalledWith('b1', '1', true));
    screen.getByRole('button', { name: 'Resume Store 2' }).click();
    await waitFor(() => expect(told).toHaveBeenCalledWith('b1', '2', false));
    expect(screen.getByText('People of a paused number wait until it goes on.')).toBeTruthy();
  });

  it('are not told to by who may not, nor where there is only one', () => {
    show([lane('1', false), lane('2', false)], ['campaigns.read']);
    show([lane('1', false)], CONTROL);
    expect(screen.queryByRole('button')).toBeNull();
  });
});
