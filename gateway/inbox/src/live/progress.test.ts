import { QueryClient } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';
import type { Progress } from '../api/types';
import { applyProgress, isTold, progressKey, TOLD_WITHIN_MS } from './progress';

describe('figures of a broadcast that come by themselves', () => {
  it('are shown as what was asked for is, and nobody asks while they come', () => {
    const client = new QueryClient();
    const progress = { eta_seconds: 7 } as Progress;
    expect(isTold('b1', 0)).toBe(false);
    applyProgress(client, 'b1', progress, 1_000);
    expect(client.getQueryData(progressKey('b1'))).toBe(progress);
    expect(isTold('b1', 1_000 + TOLD_WITHIN_MS - 1)).toBe(true);
    expect(isTold('b1', 1_000 + TOLD_WITHIN_MS)).toBe(false);
    expect(isTold('b2', 1_000)).toBe(false);
  });
});
