import { describe, expect, it } from 'vitest';
import type { Template } from '../../api/types';
import {
  asked,
  emptyVariables,
  fill,
  isOffered,
  offered,
  plain,
  valuesOf,
  variableKey,
} from './templateText';

const template = (name: string, language: string, sendable = true): Template => ({
  id: name,
  waba: '1',
  meta_id: '3',
  revision: 1,
  written_at: 0,
  news_at: null,
  reason: null,
  offer: null,
  cards: [],
  login_code: null,
  examples: [],
  unknown: [],
  name,
  language,
  category: 'UTILITY',
  status: 'APPROVED',
  quality: 'GREEN',
  header: null,
  body: 'Olá, {{1}}',
  footer: null,
  buttons: [],
  variables: [
    { name: '1', place: 'body', index: null, card: null, kind: 'text', required: true, example: null },
    { name: '1', place: 'button', index: 0, card: null, kind: 'url_suffix', required: true, example: null },
    {
      name: 'payload',
      place: 'button',
      index: 1,
      card: null,
      kind: 'payload',
      required: false,
      example: null,
    },
  ],
  sendable,
  unsendable_reason: null,
});

describe('a template', () => {
  it('keeps the two variables of one name in body and button apart', () => {
    const [body, button] = asked(template('a', 'pt_BR')).map(variableKey);
    const values = { [body ?? '']: 'Marina' };
    expect(plain(fill('Olá, {{1}}', 'body', null, values))).toBe('Olá, Marina');
    expect(plain(fill('x/{{1}}', 'button', 0, values))).toBe('x/{{1}}');
    expect(emptyVariables(template('a', 'pt_BR'), values).map(variableKey)).toEqual([button]);
  });

  it('takes the address of a file, and leaves what needs more than a line to programs', () => {
    const header = {
      name: 'file',
      place: 'header',
      index: null,
      card: null,
      required: true,
      example: null,
    } as const;
    const pictured: Template = { ...template('a', 'en'), variables: [{ ...header, kind: 'image' }] };
    const key = variableKey(header);
    expect(emptyVariables(pictured, { [key]: 'a.png' })).toHaveLength(1);
    expect(valuesOf(pictured, { [key]: 'https://a.example/a.png' })).toEqual([
      { name: 'file', place: 'header', value: { link: 'https://a.example/a.png' } },
    ]);
    expect(isOffered(pictured)).toBe(true);
    expect(isOffered({ ...pictured, variables: [{ ...header, kind: 'location' }] })).toBe(false);
  });

  it('is offered only when it can be sent, in the language of the contact first', () => {
    const all = [
      template('b', 'en'),
      template('a', 'en'),
      template('c', 'pt_BR'),
      template('d', 'pt_BR', false),
    ];
    expect(offered(all, 'BR', '').map((one) => one.name)).toEqual(['c', 'a', 'b']);
    expect(offered(all, null, 'b').map((one) => one.name)).toEqual(['b']);
  });
});
