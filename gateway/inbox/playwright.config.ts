import { defineConfig } from '@playwright/test';
import { launch } from './e2e/browser.mjs';

export default defineConfig({
  testDir: 'e2e',
  testMatch: '*.spec.ts',
  workers: 1,
  timeout: 45_000,
  expect: { timeout: 15_000 },
  // Two cores that others use too: what passes the second time is told of as flaky at the end, and does not pass unseen.
  retries: process.env.CI ? 1 : 0,
  reporter: [['list']],
  outputDir: 'test-results',
  use: {
    launchOptions: launch,
    viewport: { width: 1440, height: 900 },
    locale: 'en-US',
    screenshot: 'only-on-failure',
  },
});
