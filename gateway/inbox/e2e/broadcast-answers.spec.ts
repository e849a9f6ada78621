import { expect, test } from './fixtures';

test.describe('what comes back of a broadcast', () => {
  test.skip(Boolean(process.env.JETTO_URL), 'the mock has broadcasts that ran');

  test('stands in the thread of who answered, and leads to it', async ({ app, page }) => {
    await app.signIn('Owner');
    await page.goto(`${app.server.url}/inbox/all/c-rohan`);
    const sent = page.getByRole('article').filter({ hasText: 'handloom week' });
    await expect(sent).toContainText('Stop promotions');
    await expect(sent.getByRole('img', { name: 'Read' })).toBeVisible();
    await sent.getByRole('link', { name: 'Handloom week' }).click();
    await expect(page).toHaveURL(/\/broadcasts\/b-loom$/);
    await expect(page.getByText('Opted out').first()).toBeVisible();
  });

  test('who did not read it is written to once more, through the wizard', async ({ app, page }) => {
    await app.signIn('Owner');
    await page.goto(`${app.server.url}/broadcasts/b-loom`);
    await page.getByRole('button', { name: /who have not read it/ }).click();
    await expect(page.getByRole('heading', { name: 'Handloom week, not read' })).toBeVisible();
    await page.getByRole('button', { name: 'Audience' }).click();
    await expect(page.getByRole('radio', { name: /reached and who have not read it/ })).toBeChecked();
  });

  test('comes by itself while somebody looks, and a number rests', async ({ app, page }) => {
    await app.signIn('Owner');
    let asked = 0;
    page.on('request', (request) => {
      if (request.url().endsWith('/progress')) asked += 1;
    });
    await page.goto(`${app.server.url}/broadcasts/b-six`);
    const handed = page.getByText(/handed to WhatsApp/);
    const moves = async () => {
      const before = await handed.textContent();
      await expect(handed).not.toHaveText(before ?? '');
    };
    await moves();
    const then = asked;
    for (let seconds = 0; seconds < 3; seconds += 1) await moves();
    expect(asked - then, 'nobody asks while it is told').toBe(0);
    await page.getByRole('button', { name: 'Pause Kasturi Store' }).click();
    await expect(page.getByRole('button', { name: 'Resume Kasturi Store' })).toBeVisible();
  });
});
