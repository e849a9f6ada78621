import { describe, expect, it } from 'vitest';
import { i18next } from '../i18n';
import { limitText, qualityTone } from './words';

describe('a number as WhatsApp describes it', () => {
  it.each([
    ['TIER_10K', '10,000'],
    ['TIER_250', '250'],
    ['100000', '100,000'],
    [null, '–'],
    ['TIER_NEW', 'TIER_NEW'],
  ])('limit %s reads %s', (tier, text) => expect(limitText(tier, i18next.t)).toBe(text));

  it('has a tone by its quality, in either spelling', () => {
    expect(['GREEN', 'high', 'yellow', 'LOW', null, 'NA'].map(qualityTone)).toEqual([
      'grn',
      'grn',
      'amb',
      'red',
      undefined,
      undefined,
    ]);
  });
});
