import { expect, test } from './fixtures';

test('a conversation is given to a team, and others see it at once', async ({ app, page, browser }) => {
  const name = `Desk ${Date.now()}`;
  await app.signIn('Owner');
  await page.goto(`${app.server.url}/settings/teams`);
  await page.getByRole('button', { name: 'New team' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name of the team').fill(name);
  await dialog.getByRole('combobox', { name: 'Members' }).click();
  await page.getByRole('option', { name: 'Rafael Nogueira' }).click();
  await dialog.getByLabel('Name of the team').focus();
  await dialog.getByRole('button', { name: 'Create team' }).click();
  await expect(dialog).toBeHidden();

  await app.openConversation();
  const holder = page.getByRole('button', { name: /^Assign/ });
  await holder.click();
  await page.getByRole('menuitem', { name: 'Assign to me' }).click();
  await expect(page.getByRole('button', { name: 'Assigned to Helena Castro, change' })).toBeVisible();

  const other = await (await browser.newContext()).newPage();
  await other.goto(`${app.server.url}/sign-in`);
  await other.getByRole('button', { name: /\bLead\b/ }).click();
  await other.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
  await other.goto(page.url());
  await expect(other.getByRole('button', { name: 'Assigned to Helena Castro, change' })).toBeVisible();

  // Helena is not in the team: she gives it away.
  await holder.click();
  await page.getByRole('menuitem', { name }).click();
  for (const one of [page, other])
    await expect(one.getByRole('button', { name: `Assigned to ${name}, change` })).toBeVisible();

  const toast = page.getByRole('alert').filter({ hasText: `Given to ${name}` });
  await toast.getByRole('button', { name: 'Undo' }).click();
  await expect(other.getByRole('button', { name: 'Assigned to Helena Castro, change' })).toBeVisible();

  // Rafael is in it: he keeps what he has.
  await holder.click();
  await page.getByRole('menuitem', { name: 'Rafael Nogueira' }).click();
  await expect(other.getByRole('button', { name: 'Assigned to Rafael Nogueira, change' })).toBeVisible();
  await holder.click();
  await page.getByRole('menuitem', { name }).click();
  await expect(
    other.getByRole('button', { name: `Assigned to Rafael Nogueira and ${name}, change` }),
  ).toBeVisible();
  await holder.click();
  await page.getByRole('menuitem', { name: 'Take off the team' }).click();
  await expect(other.getByRole('button', { name: 'Assigned to Rafael Nogueira, change' })).toBeVisible();
  await other.context().close();

  // Whose role sees no conversations is not offered.
  await holder.click();
  await expect(page.getByRole('menuitem', { name: 'Omar Fathy' })).toBeVisible();
  await expect(page.getByRole('menuitem', { name: 'Daniel Osei' })).toHaveCount(0);

  await page.goto(`${app.server.url}/settings/teams`);
  await page.getByRole('button', { name: `Delete ${name}` }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: `Delete ${name}` })
    .click();
  await expect(page.getByRole('button', { name: `Delete ${name}` })).toHaveCount(0);
});
