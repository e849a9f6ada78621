import { expect, test } from './fixtures';

test('the whole way by keyboard', async ({ app, page }) => {
  await page.goto(`${app.server.url}/sign-in`);
  await page
    .getByRole('button', { name: /\bOwner\b/ })
    .first()
    .focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/inbox\//);
  await page.goto(`${app.server.url}/inbox/all`);
  await expect(app.openRow()).toBeVisible();

  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/inbox\/all\/.+/);
  await expect(app.composer).toBeFocused();

  const words = `By keyboard ${Date.now()}`;
  await page.keyboard.type(words);
  await page.keyboard.press('Control+Enter');
  await expect(app.message(words).getByRole('img', { name: /Sent|Delivered|Read/ })).toBeVisible();

  await page.keyboard.press('Escape');
  await expect(page.getByRole('listbox')).toBeFocused();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();

  await page.keyboard.press('r');
  await expect(app.composer).toBeFocused();
  await page.keyboard.press('Escape');
  await page.keyboard.press('i');
  await expect(page.getByRole('complementary', { name: 'Details' })).toBeHidden();
  await page.keyboard.press('i');
  await expect(page.getByRole('complementary', { name: 'Details' })).toBeVisible();
});

test('assigning and closing can be taken back', async ({ app, page }) => {
  await app.signIn();
  await app.openConversation();
  const url = page.url();
  await page.getByRole('log').focus();
  await page.keyboard.press('a');
  await expect(page.getByRole('menu')).toBeVisible();
  await page.keyboard.press('m');
  await expect(page.getByRole('menu')).toBeHidden();
  await page.getByRole('log').focus();
  await page.keyboard.press('e');
  await expect(page).not.toHaveURL(url);
  const toast = page.getByRole('alert').filter({ hasText: 'Closed' });
  const undone = page.waitForResponse((answer) => answer.request().method() === 'PATCH');
  await toast.getByRole('button', { name: 'Undo' }).click();
  await undone;
  await page.goto(url);
  await expect(page.getByRole('button', { name: 'Close', exact: true })).toBeVisible();
});

test('places are two keys away, and panes one', async ({ app, page }) => {
  await app.signIn();
  await page.keyboard.press('g');
  await page.keyboard.press('w');
  await page.waitForURL(/webhook-log/);
  await page.keyboard.press('g');
  await page.keyboard.press('c');
  await page.waitForURL(/contacts/);
  await page.keyboard.press('g');
  await page.keyboard.press('i');
  await page.waitForURL(/inbox\/mine/);
  await page.keyboard.press('F6');
  const first = await page.evaluate(() =>
    document.activeElement?.closest('[data-pane]')?.getAttribute('aria-label'),
  );
  await page.keyboard.press('F6');
  const second = await page.evaluate(() =>
    document.activeElement?.closest('[data-pane]')?.getAttribute('aria-label'),
  );
  expect(first).not.toBe(second);
});
