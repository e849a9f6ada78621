import { describe, expect, it } from 'vitest';
import { home } from './permissions';

describe('the first page of a role', () => {
  it.each([
    ['who answers', ['conversations.read_team', 'conversations.reply', 'contacts.read'], '/inbox/mine'],
    ['who reads along', ['conversations.read_all', 'contacts.read'], '/inbox/all'],
    ['a developer', ['templates.read', 'channels.manage'], '/webhook-log'],
    ['a marketer', ['contacts.read', 'campaigns.read', 'campaigns.write'], '/broadcasts'],
    ['who keeps contacts', ['conversations.read_assigned', 'contacts.read', 'campaigns.read'], '/contacts'],
    ['who sees only what is assigned', ['conversations.read_assigned'], '/inbox/mine'],
    ['an analyst', ['templates.read', 'campaigns.read', 'analytics.read'], '/broadcasts'],
    ['who may see nothing', ['templates.read'], '/nothing'],
  ])('%s', (_, permissions, page) => expect(home(permissions)).toBe(page));
});
