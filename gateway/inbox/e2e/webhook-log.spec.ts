import { expect, test } from './fixtures';

test('an entry can be read and replayed', async ({ app, page }) => {
  await app.signIn('Owner');
  await page.goto(`${app.server.url}/webhook-log`);
  await page.getByRole('row').nth(1).waitFor();
  await page.getByRole('button', { name: 'Quarantined' }).click();
  const rows = page.getByRole('row').filter({ hasText: 'Quarantined' });
  const quarantined = await rows
    .first()
    .waitFor({ timeout: 3_000 })
    .then(
      () => true,
      () => false,
    );
  if (!quarantined) await page.getByRole('button', { name: 'All', exact: true }).click();
  await page.getByRole('row').nth(1).click();

  const panel = page.getByRole('complementary', { name: 'Webhook entry' });
  await expect(panel.getByText('"field"').first()).toBeVisible();
  await panel.getByRole('button', { name: 'Replay' }).click();
  await expect(page.getByText('Queued for replay').first()).toBeVisible();
  await expect(panel.getByText(/^(Processed|Duplicate|Quarantined)$/).first()).toBeVisible();
});
