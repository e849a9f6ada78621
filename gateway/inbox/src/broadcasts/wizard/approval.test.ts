import { describe, expect, it } from 'vitest';
import type { Campaign } from '../types';
import { mayAnswer } from './approval';

const person = (id: string) => ({ id, name: id });
const asked = {
  author: person('priya'),
  editor: person('rafael'),
  approval: { kind: 'asked', by: person('lina'), at: 1 },
} as Campaign;

describe('four eyes', () => {
  it('are those of somebody who did not write it, change it or ask for it', () => {
    const people = ['priya', 'rafael', 'lina', 'helena'];
    expect(people.filter((id) => mayAnswer(asked, id))).toEqual(['helena']);
  });
});
