import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';

/** Live lines that the page opens: none for a role that sees no conversations. */
function linesOf(page: Page) {
  const lines: string[] = [];
  page.on('websocket', (line) => {
    if (line.url().includes('/api/v1/live')) lines.push(line.url());
  });
  return lines;
}

test('who only reads along gets a plain sentence instead of a composer', async ({ app, page }) => {
  await app.signIn('Viewer');
  await page.waitForURL(/\/inbox\/all/);
  await page.getByRole('option').first().click();
  await expect(app.messages.last()).toBeVisible();
  await expect(page.getByText('Your role does not answer customers.')).toBeVisible();
  await expect(app.composer).toHaveCount(0);
  await expect(page.getByRole('button', { name: /^(Close|Assign|Assigned to .*)$/ })).toHaveCount(0);
});

test('an analyst begins with the broadcasts, and is told of no broken line', async ({ app, page }) => {
  const refused: string[] = [];
  const lines = linesOf(page);
  page.on('response', (response) => {
    if (response.status() === 403) refused.push(response.url());
  });
  await app.signIn('Analyst');
  await page.waitForURL(/\/broadcasts/);
  await expect(page.getByRole('heading', { name: 'Broadcasts', exact: true })).toBeVisible();
  await page.waitForLoadState('networkidle');
  expect(lines).toEqual([]);
  await page.goto(`${app.server.url}/inbox/all`);
  await page.waitForURL(/\/broadcasts/);
  expect(refused).toEqual([]);
});

test('a role that may see nothing here is told so', async ({ app, page }) => {
  await app.signIn('Analyst');
  await page.goto(`${app.server.url}/nothing`);
  await expect(page.getByRole('heading', { name: 'Nothing here for this role' })).toBeVisible();
});

test('a marketer begins with the broadcasts and does not get to the webhook log', async ({ app, page }) => {
  await app.signIn('Marketer');
  await page.waitForURL(/\/broadcasts/);
  await page.goto(`${app.server.url}/contacts`);
  await expect(page.getByRole('listitem').first()).toBeVisible();
  await page.goto(`${app.server.url}/webhook-log`);
  await page.waitForURL(/\/broadcasts/);
});

test('a developer begins with the webhook log, without a way into conversations', async ({ app, page }) => {
  const lines = linesOf(page);
  await app.signIn('Developer');
  await page.waitForURL(/\/webhook-log/);
  await page.getByRole('row').nth(1).click();
  const panel = page.getByRole('complementary', { name: 'Webhook entry' });
  await panel.getByRole('button', { name: 'Replay' }).click();
  await expect(page.getByText('Queued for replay').first()).toBeVisible();
  await expect(panel.getByText(/^(Processed|Duplicate|Quarantined)$/).first()).toBeVisible();
  await expect(panel.getByRole('link', { name: 'Open conversation' })).toHaveCount(0);
  expect(lines).toEqual([]);
});

test('after signing out the inbox is closed', async ({ app, page }) => {
  await app.signIn('Agent');
  await page.getByRole('button', { name: /, menu$/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.waitForURL(/\/sign-in/);
  await page.goto(`${app.server.url}/inbox/mine`);
  await page.waitForURL(/\/sign-in/);
  await expect(page.getByRole('button', { name: /\bAgent\b/ })).toBeVisible();
});
