import { expect, test } from './fixtures';

// Those of the mock; a running demo has others.
test.skip(!!process.env.JETTO_URL, 'speaks of the templates of the mock');

test('what cannot be sent comes first, and why is told', async ({ app, page }) => {
  await app.signIn('Marketer');
  await page.getByRole('heading', { name: 'Broadcasts', exact: true }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await page.waitForURL(/\/templates$/);
  const rows = page.getByRole('row');
  await expect(rows.nth(1)).toContainText('paused_offer');
  await rows.nth(1).click();
  const panel = page.getByRole('complementary', { name: 'Template' });
  await expect(panel.getByText('Cannot be sent: Paused by WhatsApp')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
});

test('templates are found by their words and shown with their examples', async ({ app, page }) => {
  await app.signIn('Marketer');
  await page.goto(`${app.server.url}/templates`);
  await page.getByLabel('Search by name or text').fill('handloom');
  await expect(page.getByRole('row')).toHaveCount(2);
  await page.getByRole('button', { name: 'Open kasturi_six, English' }).click();
  const preview = page.getByRole('region', { name: 'Preview' });
  await expect(preview).toContainText('Hi Ananya, Kasturi turns six this week.');
  await page.reload();
  await expect(preview).toContainText('Stop promotions');
  await page.getByText('Cannot be sent', { exact: true }).click();
  await expect(page.getByRole('row')).toHaveCount(3);
});

test('the page of templates fits a phone, and Arabic', async ({ app, page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await app.signIn('Owner');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Templates' }).click();
  const overflow = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await page.getByRole('button', { name: /^Open kasturi_six/ }).click();
  await expect(page.getByRole('region', { name: 'Preview' })).toBeVisible();
  expect(await overflow()).toBe(0);
  await page.evaluate(() => localStorage.setItem('jetto.language', 'ar'));
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
  expect(await overflow()).toBe(0);
});
