import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { Content, DeliveryState, Media, Message } from '../../../api/types';
import { conversation, message } from '../../../test/samples';
import { type ThreadActions, ThreadContext } from '../context';
import { MessageRow } from '../MessageRow';

vi.mock('./waveform', () => ({
  BARS: 44,
  readSound: async () => ({ seconds: 32, bars: Array(44).fill(0.5) }),
}));

const media = (fields: Partial<Media> = {}): Media => ({
  id: 'media1',
  state: 'ready',
  mime: 'image/jpeg',
  size: 41_300,
  filename: null,
  reason: null,
  ...fields,
});

function show(fields: Partial<Message>, actions: Partial<ThreadActions> = {}) {
  const thread: ThreadActions = {
    conversation: conversation('c1'),
    mayReply: true,
    reply: vi.fn(),
    react: vi.fn(),
    resolve: vi.fn(),
    edit: vi.fn(),
    chooseTemplate: vi.fn(),
    jumpTo: vi.fn(),
    find: () => undefined,
    ...actions,
  };
  const view = render(
    <MantineProvider>
      <QueryClientProvider client={new QueryClient()}>
        <ThreadContext value={thread}>
          <MessageRow message={message('m1', fields)} first last marked={false} />
        </ThreadContext>
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { ...view, thread };
}

const cases: [string, Content, string[]][] = [
  ['text', { type: 'text', body: 'Bom *dia*' }, ['dia']],
  ['image', { type: 'image', media: media(), caption: 'The order' }, ['The order']],
  [
    'image on its way',
    { type: 'image', media: media({ state: 'pending' }), caption: null },
    ['The file is being fetched from WhatsApp'],
  ],
  [
    'image that failed',
    { type: 'image', media: media({ state: 'failed', reason: 'Too old.' }), caption: null },
    ['The file did not arrive. Too old.'],
  ],
  ['video', { type: 'video', media: media({ mime: 'video/mp4' }), caption: 'The way' }, ['The way']],
  [
    'document',
    { type: 'document', media: media({ filename: 'invoice.pdf' }), caption: 'Here' },
    ['invoice.pdf', 'PDF · 40 KB', 'Here'],
  ],
  [
    'location',
    { type: 'location', latitude: -23.5, longitude: -46.6, name: 'Pinheiros', address: 'Rua 1', url: null },
    ['Pinheiros', 'Rua 1'],
  ],
  [
    'contacts',
    {
      type: 'contacts',
      contacts: [{ name: 'Paulo', phones: ['+1 202'], emails: [], organization: 'Aurora' }],
    },
    ['Paulo', '+1 202', 'Aurora'],
  ],
  [
    'choice',
    { type: 'choice', kind: 'list', id: null, title: 'Size M', description: 'In stock' },
    ['Size M', 'In stock', 'Chose from a list'],
  ],
  [
    'order',
    {
      type: 'order',
      catalog_id: '1',
      text: 'Wrap it',
      items: [{ product: 'Scarf', quantity: 2, price: '9.50', currency: 'USD' }],
    },
    ['Order, 1 item', 'Scarf', 'Wrap it'],
  ],
  [
    'template',
    {
      type: 'template',
      name: 'reminder',
      language: 'en',
      category: 'UTILITY',
      header: 'Soon',
      body: 'See you',
      footer: 'Aurora',
      buttons: ['Confirm'],
      cards: [{ header: null, body: 'Lemons', buttons: [] }],
      parameters: [],
    },
    ['reminder', 'Soon', 'See you', 'Lemons', 'Aurora', 'Confirm'],
  ],
  [
    'unsupported',
    { type: 'unsupported', kind: 'poll', code: 131051, detail: 'Not supported.' },
    ['poll', 'Not supported. (131051)'],
  ],
  ['system', { type: 'system', kind: 'call_missed', body: 'Missed voice call' }, ['Missed voice call']],
  ['reaction', { type: 'reaction', emoji: '❤️', target: null }, ['Reacted with ❤️ to a message from before']],
];

describe('a message of every kind', () => {
  it.each(cases)('%s', (_, content, words) => {
    show({ content });
    for (const text of words) expect(screen.getByText(text)).toBeTruthy();
    expect(screen.getByRole('article').getAttribute('aria-label')).toContain('12:00');
  });

  it('sticker', () => {
    show({ content: { type: 'sticker', media: media(), animated: false } });
    expect(screen.getByRole('img', { name: 'Sticker' })).toBeTruthy();
  });

  it('voice message', async () => {
    show({ content: { type: 'audio', media: media({ mime: 'audio/ogg' }), voice: true } });
    expect(await screen.findByRole('button', { name: 'Play Voice message, 0:32' })).toBeTruthy();
  });

  it('deleted by its sender', () => {
    show({ revoked: true });
    expect(screen.getByText('This message was deleted by its sender')).toBeTruthy();
    expect(screen.queryByText('words of m1')).toBeNull();
  });

  it('with a quote that leads to the original', () => {
    const { thread } = show({ reply_to: { id: 'm0', author: 'Rafael', snippet: 'Before' } });
    screen.getByText('Before').click();
    expect(thread.jumpTo).toHaveBeenCalledWith('m0');
  });
});

const delivery = (state: DeliveryState, failure: NonNullable<Message['delivery']>['failure'] = null) => ({
  state,
  queued_at: 1,
  accepted_at: null,
  sent_at: null,
  delivered_at: null,
  read_at: null,
  played_at: null,
  failed_at: null,
  doubted_at: null,
  failure,
});

describe('a message of ours', () => {
  it.each([
    ['queued', 'Waiting, not yet with WhatsApp'],
    ['sent', 'Sent'],
    ['delivered', 'Delivered'],
    ['read', 'Read'],
    ['played', 'Played'],
    ['failed', 'Not delivered'],
    ['unknown', 'Outcome unknown'],
  ] as const)('is marked %s', (state, label) => {
    show({ direction: 'out', delivery: delivery(state) });
    expect(screen.getByRole('img', { name: label })).toBeTruthy();
  });

  it.each([
    ['Not delivered. The window is closed.', 131047],
    ['The window is closed (131047).', 131047],
    ['The window is closed.', null],
  ])('says nothing twice of “%s”', (text, code) => {
    show({ direction: 'out', delivery: delivery('failed', { code, text, action: null }) });
    const said = screen.getByText(/The window is closed/).textContent ?? '';
    expect(said.match(/Not delivered/g)).toHaveLength(1);
    expect(said.match(/131047/g) ?? []).toHaveLength(code === null ? 0 : 1);
  });

  it('says why it failed and offers what helps', () => {
    const failure = { code: 131047, text: 'The window is closed.', action: 'use_template' as const };
    const { thread } = show({ direction: 'out', delivery: delivery('failed', failure) });
    expect(screen.getByText('Not delivered. The window is closed. (131047)')).toBeTruthy();
    screen.getByRole('button', { name: 'Choose template' }).click();
    expect(thread.chooseTemplate).toHaveBeenCalled();
    screen.getByRole('button', { name: 'Remove' }).click();
    expect(thread.resolve).toHaveBeenCalledWith(expect.anything(), 'dismiss');
  });

  it('is sent again only by the person’s hand', () => {
    const { thread } = show({
      direction: 'out',
      delivery: delivery('failed', { code: 1, text: 'Busy.', action: 'retry' }),
    });
    screen.getByRole('button', { name: 'Send again' }).click();
    expect(thread.resolve).toHaveBeenCalledWith(expect.anything(), 'resend');
  });

  it('offers no resend while the outcome is being checked', () => {
    show({ direction: 'out', delivery: delivery('unknown') });
    expect(screen.getByText('Outcome unknown. Checking with WhatsApp, do not resend.')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Send again' })).toBeNull();
  });
});
