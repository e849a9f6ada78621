import { describe, expect, it } from 'vitest';
import { isSuspect, layOut, suspects } from './rawJson';

const text = (raw: string) =>
  layOut(raw)
    .map((line) => '  '.repeat(line.indent) + line.tokens.map((token) => token.text).join(''))
    .join('\n');

describe('the raw body', () => {
  it('is laid out as JSON.stringify would', () => {
    const value = { a: [1, { b: 'x, {y}: "z"' }], c: {}, d: [], e: null };
    expect(text(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
  });

  it('keeps every digit of numbers that JavaScript cannot hold', () => {
    expect(text('{"id":12345678901234567890}')).toContain('12345678901234567890');
  });

  it('is shown even when it is not JSON', () => {
    expect(text('{"cut": "off')).toContain('off');
  });

  it('marks the lines that the error names', () => {
    const words = suspects('unknown variant `carousel_reply` at messages[0]');
    expect(words).toEqual(['carousel_reply']);
    const lines = layOut('{"type":"carousel_reply","other":1}');
    expect(lines.map((line) => isSuspect(line, words))).toEqual([false, true, false, false]);
  });
});
