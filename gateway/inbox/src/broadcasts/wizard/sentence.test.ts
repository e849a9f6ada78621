import { beforeAll, describe, expect, it } from 'vitest';
import { i18next, type Words, withWords } from '../../i18n';
import type { Finding } from '../types';
import { sentence } from './sentence';

const t: Words = (key, values) => i18next.t(key, { ...values });
const plain = (text: string) => text.replace(/[\u2068\u2069]/g, '');
const finding = (key: string, values: Record<string, string>, text: string): Finding => ({
  severity: 'look_at',
  key,
  values,
  text,
});

beforeAll(withWords(async () => null, 'broadcasts'));

describe('what the check has found', () => {
  it('is said with its values, counts as people read them', () => {
    const tier = finding('tier', { a_day: '100000', over: '1234' }, 'English.');
    expect(plain(sentence(tier, t))).toBe(
      'WhatsApp lets these numbers begin to write to 100,000 people in 24 hours. Those who wait for the next day: 1,234.',
    );
  });

  it('keeps what only the server can say', () => {
    expect(plain(sentence(finding('template', {}, 'Its image has expired.'), t))).toContain(
      'Its image has expired.',
    );
    expect(plain(sentence(finding('of_tomorrow', {}, 'A newer sentence.'), t))).toBe('A newer sentence.');
  });
});
