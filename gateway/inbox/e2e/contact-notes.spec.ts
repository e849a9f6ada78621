import type { Page } from '@playwright/test';
import { type App, expect, test } from './fixtures';

test.skip(!!process.env.JETTO_URL, 'speaks of the contacts of the mock');

const detail = (page: Page) => page.getByRole('complementary', { name: 'Contact' });

async function found(app: App, page: Page, text: string) {
  await app.signIn('Owner');
  await page.goto(`${app.server.url}/contacts`);
  await page.getByRole('searchbox', { name: /^Name, @username/ }).fill(text);
  await page.getByRole('link', { name: text }).click();
}

test('a note is written, changed and deleted, and the timeline tells of it', async ({ app, page }) => {
  await found(app, page, 'Aarav Deshpande');
  await detail(page).getByRole('button', { name: 'Write note' }).click();
  await detail(page).getByRole('textbox', { name: 'Note' }).fill('Likes tea');
  await detail(page).getByRole('button', { name: 'Save note' }).click();
  const notes = detail(page).getByRole('list', { name: 'Notes' });
  await expect(notes).toContainText('Likes tea');
  await notes.getByRole('button', { name: 'Change' }).click();
  await notes.getByRole('textbox', { name: 'Note' }).fill('Likes coffee');
  await notes.getByRole('button', { name: 'Save note' }).click();
  await expect(notes).toContainText('changed since');
  await detail(page).getByRole('tab', { name: 'Timeline' }).click();
  await expect(detail(page).getByRole('list', { name: 'Timeline' })).toContainText('Likes coffee');
  await detail(page).getByRole('tab', { name: 'Details' }).click();
  await notes.getByRole('button', { name: 'Delete' }).click();
  await notes.getByRole('button', { name: 'Delete note' }).click();
  await expect(detail(page)).toContainText('No notes yet.');
});

test('two contacts that are one person are merged, and parted again', async ({ app, page }) => {
  await found(app, page, 'Aarav Deshpande');
  await detail(page).getByRole('button', { name: 'More about this contact' }).click();
  await page.getByRole('menuitem', { name: 'Merge with another contact' }).click();
  const dialog = page.getByRole('dialog', { name: 'Merge Aarav Deshpande with another contact' });
  await dialog.getByRole('searchbox').fill('Tarek');
  await dialog.getByRole('button', { name: /Tarek El-Sayed/ }).click();
  await expect(dialog.getByRole('row', { name: /^Name/ })).toContainText('Aarav Deshpande');
  await dialog.getByRole('button', { name: 'Merge contacts' }).click();
  await expect(page.getByText('Contacts merged', { exact: true })).toBeVisible();
  const merged = detail(page).getByRole('list', { name: 'Merged contacts' });
  await expect(merged).toContainText('Tarek El-Sayed');
  await merged.getByRole('button', { name: 'Undo merge' }).click();
  await expect(page.getByText('Both are what they were.', { exact: true })).toBeVisible();
  await expect(merged).toHaveCount(0);
});
