import { describe, expect, it } from 'vitest';
import { contactName, initials } from './names';

const contact = { id: 'x', name: null, username: null, phone: null, bsuid: null, country: null };

describe('names', () => {
  it('show the number only where nothing better is known', () => {
    expect(contactName({ ...contact, name: 'Marina', phone: '+1' }, '?')).toBe('Marina');
    expect(contactName({ ...contact, username: 'marina', phone: '+1' }, '?')).toBe('@marina');
    expect(contactName({ ...contact, phone: '+12025550117' }, '?')).toBe('+1 202 555 0117');
    expect(contactName({ ...contact, bsuid: 'BR.1' }, '?')).toBe('BR.1');
    expect(contactName(contact, '?')).toBe('?');
  });

  it.each([
    ['Marina Duarte', 'MD'],
    ['Tarek El-Sayed', 'TS'],
    ['Élodie', 'É'],
    ['ياسمين منصور', 'ي'],
    ['+1 202 555 0117', '#'],
    ['@ananya.iyer', 'AI'],
  ])('%s becomes %s', (name, expected) => expect(initials(name)).toBe(expected));
});
