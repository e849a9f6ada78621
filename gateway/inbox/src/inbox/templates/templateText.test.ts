import { describe, expect, it } from 'vitest';
import type { Template } from '../../api/types';
import { emptyVariables, fill, offered, plain, variableKey } from './templateText';

const template = (name: string, language: string, sendable = true): Template => ({
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
    { name: '1', place: 'body', index: null, example: null },
    { name: '1', place: 'button', index: 0, example: null },
  ],
  sendable,
  unsendable_reason: null,
});

describe('a template', () => {
  it('keeps the two variables of one name in body and button apart', () => {
    const [body, button] = template('a', 'pt_BR').variables.map(variableKey);
    const values = { [body ?? '']: 'Marina' };
    expect(plain(fill('Olá, {{1}}', 'body', null, values))).toBe('Olá, Marina');
    expect(plain(fill('x/{{1}}', 'button', 0, values))).toBe('x/{{1}}');
    expect(emptyVariables(template('a', 'pt_BR'), values).map(variableKey)).toEqual([button]);
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
