import { describe, expect, it } from 'vitest';
import { inField, keyName, Sequences } from './sequences';

function keyboard(...bindings: string[]) {
  const done: string[] = [];
  const map = new Map(bindings.map((binding) => [binding, () => void done.push(binding)]));
  return { done, keys: new Sequences(() => map) };
}

describe('key sequences', () => {
  it('runs a single key at once', () => {
    const { keys, done } = keyboard('j');
    expect(keys.press('j', 0)).toBe(true);
    expect(done).toEqual(['j']);
  });

  it('runs two keys pressed within 800 ms', () => {
    const { keys, done } = keyboard('g i', 'i');
    keys.press('g', 0);
    keys.press('i', 800);
    expect(done).toEqual(['g i']);
  });

  it('forgets the first key after 800 ms', () => {
    const { keys, done } = keyboard('g i', 'i');
    keys.press('g', 0);
    keys.press('i', 801);
    expect(done).toEqual(['i']);
  });

  it('does not make a key wait that is also the start of a longer one', () => {
    const { keys, done } = keyboard('a', 'a m');
    keys.press('a', 0);
    expect(done).toEqual(['a']);
    keys.press('m', 100);
    expect(done).toEqual(['a', 'a m']);
  });

  it('leaves keys that mean nothing to the browser', () => {
    const { keys, done } = keyboard('g i');
    expect(keys.press('x', 0)).toBe(false);
    keys.press('g', 0);
    expect(keys.press('x', 10)).toBe(false);
    expect(done).toEqual([]);
  });
});

describe('key names', () => {
  it('go by the letter, and by the place where the layout has no Latin letters', () => {
    expect(keyName({ key: 'J', code: 'KeyJ' })).toBe('j');
    expect(keyName({ key: 'ت', code: 'KeyJ' })).toBe('j');
    expect(keyName({ key: 'z', code: 'KeyY' })).toBe('z');
    expect(keyName({ key: '?', code: 'Slash' })).toBe('?');
    expect(keyName({ key: 'Enter', code: 'Enter' })).toBe('enter');
  });

  it('are not taken from fields', () => {
    expect(inField(document.createElement('textarea'))).toBe(true);
    expect(inField(document.createElement('button'))).toBe(false);
    expect(inField(null)).toBe(false);
  });
});
