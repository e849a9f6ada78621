import { expect, test } from './fixtures';

test.skip(!!process.env.JETTO_URL, 'counts the contacts of the mock');

const COUNT = /^[\d,]+$/;

test('a segment reads like a sentence, counts each part and shows its people', async ({ app, page }) => {
  await app.signIn('Marketer');
  await page.goto(`${app.server.url}/contacts`);
  await page.getByRole('button', { name: 'Segments' }).click();
  const panel = page.getByRole('complementary', { name: 'Segment' });
  await panel.getByRole('combobox', { name: 'Country', exact: true }).fill('India');
  await page.getByRole('option', { name: 'India', exact: true }).click();
  await page.keyboard.press('Escape');
  const whole = panel.getByRole('status').locator('strong');
  const rows = page.getByRole('listitem').filter({ has: page.getByRole('link') });
  await expect(panel.getByText(COUNT).first()).toBeVisible();
  await expect(rows.first()).toContainText('India');
  const india = Number(await whole.textContent());

  await panel.getByRole('button', { name: 'Condition' }).click();
  await panel.getByRole('combobox', { name: 'Condition on' }).nth(1).click();
  await page.getByRole('option', { name: 'Name', exact: true }).click();
  await panel.getByRole('textbox', { name: 'Name', exact: true }).fill('Aarav');
  await expect(whole).toHaveText('1');
  await expect(rows).toHaveCount(1);
  await panel.getByRole('combobox', { name: 'Is or is not: Name' }).click();
  await page.getByRole('option', { name: 'does not contain' }).click();
  await expect(whole).toHaveText(String(india - 1));
  await expect(rows.filter({ hasText: 'Aarav Deshpande' })).toHaveCount(0);

  await panel.getByRole('textbox', { name: 'Name of the segment' }).fill('India without Aarav');
  await panel.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('India without Aarav is saved').first()).toBeVisible();
  await panel.getByRole('button', { name: 'Close the segment' }).click();
  await expect(panel).toHaveCount(0);
  await page.getByRole('button', { name: 'Segments' }).click();
  await panel.getByRole('combobox', { name: 'Saved segments' }).click();
  await page.getByRole('option', { name: 'India without Aarav' }).click();
  await expect(whole).toHaveText(String(india - 1));

  await panel.getByRole('button', { name: 'Delete India without Aarav' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete segment' }).click();
  await expect(panel.getByRole('button', { name: /^Delete/ })).toHaveCount(0);
});

test('a custom field is asked for by its kind, and a saved segment leads to a broadcast', async ({
  app,
  page,
}) => {
  await app.signIn('Marketer');
  await page.goto(`${app.server.url}/contacts`);
  await page.getByRole('button', { name: 'Segments' }).click();
  const panel = page.getByRole('complementary', { name: 'Segment' });
  await panel.getByRole('combobox', { name: 'Condition on' }).click();
  await page.getByRole('option', { name: 'Orders' }).click();
  const whole = panel.getByRole('status').locator('strong');
  await expect(whole).toHaveText('172');
  await panel.getByRole('textbox', { name: 'Value: Orders' }).or(panel.getByRole('spinbutton')).fill('2');
  await expect(whole).not.toHaveText('172');
  const some = Number(await whole.textContent());
  await panel.getByRole('combobox', { name: 'When: Orders' }).click();
  await page.getByRole('option', { name: 'not known' }).click();
  await expect(whole).not.toHaveText(String(some));

  await panel.getByRole('combobox', { name: 'Saved segments' }).click();
  await page.getByRole('option', { name: 'Active customers, 90 days' }).click();
  await expect(panel.getByText('and not', { exact: true })).toBeVisible();
  await expect(panel.getByText('and any of', { exact: true })).toBeVisible();
  // The count of the segment before is still there while this one is counted.
  const people = await panel.locator('[aria-busy="false"] strong').textContent();
  await panel.getByRole('button', { name: 'New broadcast' }).click();
  await page.waitForURL(/\/broadcasts\/new/);
  await expect(page.getByRole('radio', { name: 'A segment' })).toBeChecked();
  await expect(page.getByRole('combobox', { name: 'Segment', exact: true })).toHaveValue(
    'Active customers, 90 days',
  );
  await expect(page.getByRole('main').getByRole('status').locator('strong')).toHaveText(people ?? '');
});

test('who may not save segments can still look with one', async ({ app, page }) => {
  await app.signIn('Viewer');
  await page.goto(`${app.server.url}/contacts`);
  await page.getByRole('button', { name: 'Segments' }).click();
  const panel = page.getByRole('complementary', { name: 'Segment' });
  await panel.getByRole('combobox', { name: 'Saved segments' }).click();
  await page.getByRole('option', { name: 'Active customers, 90 days' }).click();
  await expect(panel.getByRole('status')).toContainText('counted in 38 ms');
  await expect(panel.getByRole('button', { name: /^Save/ })).toHaveCount(0);
});

test('the segment fits a phone, and Arabic', async ({ app, page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await app.signIn('Owner');
  await page.goto(`${app.server.url}/contacts`);
  await page.evaluate(() => localStorage.setItem('jetto.language', 'ar'));
  await page.reload();
  await page.getByRole('button', { name: 'الشرائح' }).click();
  await expect(page.getByRole('complementary')).toBeVisible();
  const overflow = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(await overflow()).toBe(0);
});
