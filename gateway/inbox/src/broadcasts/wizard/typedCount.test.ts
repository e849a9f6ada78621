import { describe, expect, it } from 'vitest';
import { typedCount } from './typedCount';

describe('a count that is typed to start', () => {
  it.each(['18412', '18,412', '18.412', '18 412', ' 18’412 ', '١٨٤١٢'])('%s is 18412', (text) =>
    expect(typedCount(text)).toBe(18_412),
  );

  it.each(['', 'all', '-3', '1e4'])('“%s” is none', (text) => expect(typedCount(text)).toBeNull());
});
