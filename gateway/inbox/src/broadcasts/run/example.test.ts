import { describe, expect, it } from 'vitest';
import type { Campaign, VariableSource } from '../types';
import { addressOf, exampleOf } from './example';

const variable = (name: string, source: VariableSource['source']): VariableSource => ({
  name,
  place: 'body',
  index: null,
  card: null,
  source,
  fallback: null,
});
const campaign = (variables: VariableSource[]) =>
  ({ id: 'b1', plan: { audience: { kind: 'triggered' }, variables } }) as unknown as Campaign;

describe('the example request', () => {
  it('names the broadcast and what has to come along, and no secret', () => {
    const text = exampleOf(
      campaign([variable('order', { kind: 'given' }), variable('2', { kind: 'text', text: 'x' })]),
      'https://inbox.example',
    );
    expect(addressOf(campaign([]), 'https://inbox.example')).toBe(
      'https://inbox.example/api/v1/campaigns/b1/sends',
    );
    expect(text).toContain('curl -X POST https://inbox.example/api/v1/campaigns/b1/sends');
    expect(text).toContain('"variables":{"order":"…"}');
    expect(text).toContain('Bearer $JETTO_API_KEY');
  });

  it('has no values where none come along', () => {
    expect(exampleOf(campaign([]), 'https://inbox.example')).not.toContain('variables');
    expect(exampleOf(campaign([variable("it's", { kind: 'given' })]), 'https://x')).toContain("'\\''s");
  });
});
