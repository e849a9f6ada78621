import { expect, test } from './fixtures';

test.skip(!!process.env.JETTO_URL, 'the file is read by the mock');

const FILE = ['Name,Phone,Town', 'Asha,+919820011223,Pune', 'Ravi,9820011224,Nashik', 'Nobody,12,Goa'].join(
  '\r\n',
);

test('a file is looked at before it is brought in, and can be taken back', async ({ app, page }) => {
  await app.signIn('Marketer');
  await page.goto(`${app.server.url}/contacts`);
  await page.getByRole('button', { name: 'Import' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import contacts' });
  await expect(dialog.getByText('spring-fair.csv')).toBeVisible();
  const chosen = page.waitForEvent('filechooser');
  await dialog.getByRole('button', { name: 'Choose a file' }).click();
  await (await chosen).setFiles({ name: 'fair.csv', mimeType: 'text/csv', buffer: Buffer.from(FILE) });

  const phone = dialog.getByRole('combobox', { name: 'What is in Phone' });
  await expect(phone).toHaveValue('Phone number');
  await phone.click();
  await page.getByRole('option', { name: 'Skip' }).click();
  await expect(dialog.getByText('One column must be the phone number.')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'See what it would do' })).toBeDisabled();
  await phone.click();
  await page.getByRole('option', { name: 'Phone number' }).click();
  await dialog.getByRole('combobox', { name: 'What is in Town' }).click();
  await page.getByRole('option', { name: 'Type', exact: true }).click();
  await dialog.getByRole('combobox', { name: 'Tags for everybody in the file' }).fill('Fair');
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'See what it would do' }).click();

  const reasons = dialog.getByRole('list').first();
  await expect(reasons.getByText('The phone number has no country.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Change columns' }).click();
  await dialog.getByRole('combobox', { name: 'Country of numbers without one' }).fill('India');
  await page.getByRole('option', { name: 'India', exact: true }).click();
  await dialog.getByRole('button', { name: 'See what it would do' }).click();
  await expect(reasons.getByText('The phone number has too few digits.')).toBeVisible();
  await expect(reasons.getByText('The phone number has no country.')).toHaveCount(0);
  await dialog.getByText('The first rejected rows').click();
  await expect(dialog.getByText('Line 4')).toBeVisible();
  await expect(dialog.getByRole('link', { name: 'Download rejected: 1' })).toBeVisible();

  await dialog.getByRole('button', { name: 'Bring in 2' }).click();
  await expect(dialog.getByText('fair.csv is brought in.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Take back' }).click();
  await expect(dialog.getByText(/what somebody changed since stays/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Take the file back' }).click();
  await expect(dialog.getByText('fair.csv is taken back.')).toBeVisible();
  await expect(dialog.getByText('Left as they are')).toBeVisible();
});

test('who may not import is not offered it', async ({ app, page }) => {
  await app.signIn('Agent');
  await page.goto(`${app.server.url}/contacts`);
  await expect(page.getByRole('listitem').first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Import' })).toHaveCount(0);
});
