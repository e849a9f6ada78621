import type { Page } from '@playwright/test';
import { type App, expect, test } from './fixtures';

test.skip(!!process.env.JETTO_URL, 'speaks of the contacts of the mock');

type Role = Parameters<App['signIn']>[0];

async function open(app: App, page: Page, role: Role = 'Owner') {
  await app.signIn(role);
  await page.goto(`${app.server.url}/contacts`);
  await rows(page).first().waitFor();
}

const rows = (page: Page) => page.getByRole('listitem').filter({ has: page.getByRole('link') });
const detail = (page: Page) => page.getByRole('complementary', { name: 'Contact' });

async function found(page: Page, text: string) {
  await page.getByRole('searchbox', { name: /^Name, @username/ }).fill(text);
}

test('somebody is found by part of a name or of a number, and whoever is not is told so', async ({
  app,
  page,
}) => {
  await open(app, page);
  await expect(page.getByRole('heading', { name: 'Contacts' }).locator('..')).toContainText('172');
  await found(page, 'deshp');
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText('Aarav Deshpande');
  await expect(rows(page)).toContainText('Opted in');
  await found(page, '555 0193');
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText('Tarek El-Sayed');
  await found(page, 'nobody at all');
  await expect(page.getByText('Nobody matches')).toBeVisible();
  await found(page, '');
  await expect(rows(page).first()).toBeVisible();
});

test('a row says how long somebody can be answered, and who has them', async ({ app, page }) => {
  await open(app, page, 'Marketer');
  const row = (name: string) => rows(page).filter({ hasText: name });
  await expect(row('Marina Duarte')).toContainText(/\d+ (h|min)/);
  await expect(row('Marina Duarte').getByRole('img', { name: 'Rafael Nogueira' })).toBeVisible();
  await expect(row('Luiza Prado')).toContainText('Closed');
});

test('a contact is made, changed, and deleted after a question', async ({ app, page }) => {
  await open(app, page);
  await page.getByRole('button', { name: 'New contact' }).click();
  const dialog = page.getByRole('dialog', { name: 'New contact' });
  await expect(dialog.getByRole('button', { name: 'Create contact' })).toBeDisabled();
  await dialog.getByLabel('Phone').fill('12');
  await dialog.getByRole('button', { name: 'Create contact' }).click();
  await expect(dialog.getByRole('alert')).toContainText('not a phone number');
  await dialog.getByLabel('Phone').fill('+55 11 98765-4321');
  await dialog.getByLabel('Name').fill('Bruna Teixeira');
  await dialog.getByLabel('Orders').fill('many');
  await expect(dialog.getByText('A number like 1200.5.')).toBeVisible();
  await dialog.getByLabel('Orders').fill('3');
  await dialog.getByRole('button', { name: 'Create contact' }).click();

  await page.waitForURL(/\/contacts\/contact-new/);
  await expect(detail(page)).toContainText('Bruna Teixeira');
  await expect(detail(page)).toContainText('Not asked');
  await detail(page).getByRole('button', { name: 'Edit' }).click();
  const edit = page.getByRole('dialog', { name: 'Edit Bruna Teixeira' });
  await edit.getByRole('combobox', { name: 'Tags' }).fill('Regular');
  await page.keyboard.press('Enter');
  await edit.getByLabel('Orders').fill('');
  await edit.getByLabel('Type').fill('Retail');
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(edit).toBeHidden();
  await expect(detail(page).getByRole('list', { name: 'Tags' })).toContainText('Regular');
  await expect(detail(page)).toContainText('Retail');
  await expect(detail(page).getByText('Orders')).toHaveCount(0);

  await detail(page).getByRole('button', { name: 'More about this contact' }).click();
  await page.getByRole('menuitem', { name: 'Delete contact' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete contact' }).click();
  await page.waitForURL(/\/contacts$/);
  await expect(page.getByText('Bruna Teixeira is deleted').first()).toBeVisible();
  await expect(rows(page).filter({ hasText: 'Bruna' })).toHaveCount(0);
});

test('somebody with a conversation is not deleted, and it says why', async ({ app, page }) => {
  await open(app, page);
  await rows(page).filter({ hasText: 'Marina Duarte' }).getByRole('link').click();
  await detail(page).getByRole('button', { name: 'More about this contact' }).click();
  await page.getByRole('menuitem', { name: 'Delete contact' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete contact' }).click();
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText('There is a conversation');
});

test('consent is recorded with its evidence, and the ledger keeps what was before', async ({ app, page }) => {
  await app.signIn('Agent');
  await page.goto(`${app.server.url}/inbox/all/c-marina`);
  const panel = page.getByRole('complementary', { name: 'Details' });
  await expect(panel.getByText('Opted in')).toBeVisible();
  await expect(panel.getByText(/tapped a button/)).toBeVisible();
  await panel.getByRole('button', { name: 'Record consent' }).click();
  const dialog = page.getByRole('dialog', { name: 'What Marina Duarte said of marketing' });
  await expect(dialog.getByRole('radio', { name: 'Opted out' })).toBeChecked();
  await expect(dialog.getByRole('button', { name: 'Record' })).toBeDisabled();
  await dialog.getByLabel('How they said so').fill('Said so on the phone');
  await dialog.getByRole('button', { name: 'Record' }).click();
  await expect(dialog).toBeHidden();
  await expect(panel.getByText('Opted out')).toBeVisible();
  await panel.getByRole('button', { name: 'Ledger', exact: true }).click();
  const ledger = panel.getByRole('list', { name: 'Ledger' }).getByRole('listitem');
  await expect(ledger).toHaveCount(2);
  await expect(ledger.first()).toContainText('recorded by Rafael Nogueira');
  await expect(ledger.first()).toContainText('Said so on the phone');
  await expect(ledger.last()).toContainText('Yes, send me news');
});

test('what a role may not do is not offered', async ({ app, page }) => {
  await open(app, page, 'Viewer');
  for (const name of ['New contact', 'Import'])
    await expect(page.getByRole('button', { name })).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Export all as CSV' })).toHaveCount(0);
  await rows(page).first().getByRole('link').click();
  await expect(detail(page).getByText('Marketing', { exact: true })).toBeVisible();
  for (const name of ['Edit', 'Record consent', 'More about this contact'])
    await expect(detail(page).getByRole('button', { name })).toHaveCount(0);
});

test('the file of all contacts is one click away for who may export', async ({ app, page }) => {
  await open(app, page);
  const chosen = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export all as CSV' }).click();
  expect((await chosen).suggestedFilename()).toBe('contacts.csv');
});

test('custom fields and the answers to STOP are set in the settings', async ({ app, page }) => {
  await app.signIn('Owner');
  await page.goto(`${app.server.url}/settings/contacts`);
  await page.getByLabel('New field').fill('Favourite colour');
  await page.getByRole('button', { name: 'Add' }).click();
  await expect(page.getByText('favourite_colour')).toBeVisible();
  await page.getByRole('button', { name: 'Save' }).first().click();
  await expect(page.getByText('Saved', { exact: true }).first()).toBeVisible();

  await page.getByRole('button', { name: 'Remove Type' }).click();
  await page.getByRole('button', { name: 'Save' }).first().click();
  await expect(page.getByRole('alert').filter({ hasText: 'A segment asks for this field' })).toBeVisible();
  await page.getByRole('button', { name: 'Discard changes' }).click();
  await expect(page.getByRole('textbox', { name: 'Name of type' })).toBeVisible();

  await page.getByRole('combobox', { name: 'Own words in a language' }).click();
  await page.getByRole('option', { name: 'Portuguese' }).click();
  const save = page.getByRole('button', { name: 'Save' }).last();
  await expect(save).toBeDisabled();
  await page.getByLabel('To who opts out').fill('Você não recebe mais.');
  await page.getByLabel('To who opts in again').fill('Você volta a receber.');
  await save.click();
  await expect(save).toBeDisabled();
  await page.getByRole('switch', { name: 'Confirm in one line' }).click({ force: true });
  await page.reload();
  await expect(page.getByRole('switch', { name: 'Confirm in one line' })).not.toBeChecked();
  await expect(page.getByLabel('To who opts out')).toHaveValue('Você não recebe mais.');
});

for (const path of ['/contacts', '/contacts/contact-c-marina', '/settings/contacts'])
  test(`${path} fits a phone, and Arabic`, async ({ app, page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await app.signIn('Owner');
    await page.goto(`${app.server.url}${path}`);
    await page.evaluate(() => localStorage.setItem('jetto.language', 'ar'));
    await page.reload();
    await page.locator('h1, h2').first().waitFor();
    await page.waitForLoadState('networkidle');
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(await overflow()).toBe(0);
  });
