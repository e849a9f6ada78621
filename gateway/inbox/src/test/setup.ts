import { cleanup } from '@testing-library/react';
import { afterEach, beforeAll, beforeEach } from 'vitest';
import { startLanguage } from '../i18n';

beforeAll(async () => {
  if (typeof window !== 'undefined') await startLanguage();
});

beforeEach(() => localStorage.clear());
afterEach(() => cleanup());
