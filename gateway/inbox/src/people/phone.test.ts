import { describe, expect, it } from 'vitest';
import { readablePhone } from './phone';

describe('a phone number', () => {
  it.each([
    ['+12025550117', '+1 202 555 0117'],
    ['12025550117', '+1 202 555 0117'],
    ['+1 (202) 555-0117', '+1 202 555 0117'],
    ['+5511987654321', '+55 11 98765 4321'],
    ['+551133334444', '+55 11 3333 4444'],
    ['+919876543210', '+91 98765 43210'],
    ['+201001234567', '+20 100 123 4567'],
    ['+33612345678', '+33 6 12 34 56 78'],
    ['+447700900123', '+44 7700 900123'],
    ['+5215512345678', '+52 1 55 1234 5678'],
    ['+971501234567', '+971 50 123 4567'],
    // Unknown lengths and countries: threes, and nothing left alone at the end.
    ['+37061234567', '+370 612 345 67'],
    ['+4915112345678901', '+4915112345678901'],
    ['+35812345678', '+358 123 456 78'],
  ])('%s reads %s', (phone, expected) => expect(readablePhone(phone)).toBe(expected));

  it('keeps what is no number', () => {
    expect(readablePhone('BR.1349')).toBe('BR.1349');
    expect(readablePhone('')).toBe('');
  });

  it('never loses a digit', () => {
    for (let length = 8; length <= 15; length += 1) {
      for (const start of ['1', '7', '20', '49', '55', '91', '234', '999']) {
        const digits = start.padEnd(length, '1234567890');
        expect(readablePhone(digits).replace(/\D/g, '')).toBe(digits);
      }
    }
  });
});
