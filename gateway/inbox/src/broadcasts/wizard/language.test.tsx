import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import type { ReactNode } from 'react';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { keys } from '../../api/queries';
import { withWords } from '../../i18n';
import { emptyDraft } from '../plan';
import { AudienceStep } from './AudienceStep';
import { Findings } from './Findings';

function show(step: ReactNode) {
  const client = new QueryClient();
  client.setQueryData(keys.me, { permissions: ['campaigns.write'], numbers: [] } as never);
  render(
    <MantineProvider>
      <QueryClientProvider client={client}>{step}</QueryClientProvider>
    </MantineProvider>,
  );
}

describe('people who speak another language', () => {
  beforeAll(async () => {
    await withWords(async () => null, 'broadcasts')();
  });

  it('are found by the check, which leads to where they can be left out', () => {
    const text = '2 people speak another language than this broadcast and would get it.';
    const onGo = vi.fn();
    show(
      <Findings
        findings={[{ key: 'other_language', severity: 'look_at', values: { people: '2' }, text }]}
        onGo={onGo}
      />,
    );
    screen.getByRole('button').click();
    expect(onGo).toHaveBeenCalledWith('audience');
  });

  it('are left out by a switch', () => {
    const draft = emptyDraft([]);
    const onChange = vi.fn();
    show(<AudienceStep draft={draft} onChange={onChange} problems={{}} onNext={vi.fn()} />);
    const only = screen.getByRole('switch', { name: 'Only people who speak the message’s language' });
    expect((only as HTMLInputElement).checked).toBe(false);
    only.click();
    expect(onChange).toHaveBeenCalledWith({ ...draft, plan: { ...draft.plan, same_language: true } });
  });
});
