import { describe, expect, it } from 'vitest';
import { amounts, rateText } from './money';

describe('money', () => {
  it('is told to the cent, and a part of a cent is not told as nothing', () => {
    expect(amounts([{ micros: 612_800_000, currency: 'USD' }])).toBe('$612.80');
    expect(amounts([{ micros: 6_800, currency: 'USD' }])).toBe('$0.0068');
    expect(amounts([{ micros: 0, currency: 'USD' }])).toBe('$0.00');
  });

  it('is a list where there are several currencies', () => {
    const both = [
      { micros: 5_000_000, currency: 'USD' },
      { micros: 900_000, currency: 'INR' },
    ];
    expect(amounts(both)).toBe('$5.00 and ₹0.90');
  });

  it('of one message has as many decimals as the list of prices', () => {
    expect(rateText({ micros: 62_500, currency: 'USD' })).toBe('$0.0625');
    expect(rateText({ micros: 1_234, currency: 'USD' })).toBe('$0.001234');
  });
});
