import type { Conversation, Message } from '../api/types';

export const NOON = new Date(2026, 10, 23, 12, 0, 0).getTime();

export function conversation(id: string, fields: Partial<Conversation> = {}): Conversation {
  return {
    id,
    contact: {
      id: `contact-${id}`,
      name: 'Marina Duarte',
      username: 'marina.duarte',
      phone: null,
      bsuid: null,
      country: 'BR',
    },
    number: { phone_number_id: '1', name: 'Clínica Aurora', display: '+1 202 555 0142' },
    status: 'open',
    assignee: { id: 'me', name: 'Rafael Nogueira' },
    team: null,
    unread: 0,
    last_activity_at: NOON,
    window_until: NOON + 3_600_000,
    preview: null,
    revision: 1,
    ...fields,
  };
}

export function message(id: string, fields: Partial<Message> = {}): Message {
  return {
    id,
    conversation_id: 'c1',
    direction: 'in',
    content: { type: 'text', body: `words of ${id}` },
    author: null,
    at: NOON,
    wamid: `wamid.${id}`,
    client_id: null,
    reply_to: null,
    reactions: [],
    forwarded: false,
    edited: false,
    revoked: false,
    delivery: null,
    referral: null,
    ...fields,
  };
}
