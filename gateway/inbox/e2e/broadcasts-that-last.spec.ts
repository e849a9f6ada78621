import type { Page } from '@playwright/test';
import { type App, expect, test } from './fixtures';

// The mock's broadcasts begin anew with each test; a running demo has others.
test.skip(!!process.env.JETTO_URL, 'speaks of the broadcasts of the mock');
test.beforeEach(async ({ app }) => app.server.tell?.('campaigns', {}));

/** A draft of the chosen audience, as far as the values of its template. */
async function drafted(app: App, page: Page, name: string, audience: string) {
  await app.signIn('Owner');
  await page.goto(`${app.server.url}/broadcasts`);
  await page.getByRole('button', { name: 'New broadcast' }).click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel(audience).first().check();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('button', { name: /lembrete_exame/ }).click();
}

const next = (page: Page) => page.getByRole('button', { name: 'Next' }).click();

const sent = (page: Page, key: string) =>
  page.evaluate(async (idempotency) => {
    const id = window.location.pathname.split('/').pop();
    const answer = await fetch(`/api/v1/campaigns/${id}/sends`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'X-Jetto-Client': 'web',
        'Idempotency-Key': idempotency,
      },
      body: JSON.stringify({ phone: '+12025550123' }),
    });
    return answer.status;
  }, key);

test('systems add people to a broadcast that stays open, until somebody finishes it', async ({
  app,
  page,
}) => {
  await drafted(app, page, 'Exam reminders', 'People your systems add');
  for (const hole of ['{{1}}', '{{2}}']) {
    await page.getByRole('group', { name: hole }).getByLabel('Comes from').click();
    await page.getByRole('option', { name: 'Comes along with each person' }).click();
  }
  await next(page);
  await next(page);
  await expect(page.getByText(/^Nobody is written down at the start/)).toBeVisible();
  await page.getByRole('button', { name: 'Start sending' }).click();
  const dialog = page.getByRole('dialog', { name: 'Start taking people?' });
  await dialog.getByRole('button', { name: 'Start sending' }).click();
  await expect(page.getByText('0 people so far')).toBeVisible();
  await expect(page.getByLabel('Address')).toHaveValue(/\/api\/v1\/campaigns\/b-new-1\/sends$/);
  await expect(page.getByText(/"variables":\{"1":"…","2":"…"\}/)).toBeVisible();
  expect([await sent(page, 'a'), await sent(page, 'a'), await sent(page, 'b')]).toEqual([202, 200, 202]);
  await expect(page.getByText('2 people so far')).toBeVisible();
  await page.getByRole('button', { name: 'Finish' }).click();
  await page
    .getByRole('dialog', { name: 'Take nobody more?' })
    .getByRole('button', { name: 'Finish' })
    .click();
  await expect(page.getByText('Finished').first()).toBeVisible();
});

test('a broadcast repeats on chosen days, and its page says when it is next', async ({ app, page }) => {
  await drafted(app, page, 'Every Monday', 'Everyone');
  await page.getByRole('group', { name: '{{1}}' }).getByLabel('Text').fill('Marina');
  await page.getByRole('group', { name: '{{2}}' }).getByLabel('Text').fill('Monday');
  await next(page);
  await page.getByLabel('Send it again and again').check();
  await page.getByRole('combobox', { name: 'On', exact: true }).click();
  await page.getByRole('option', { name: 'Chosen weekdays' }).click();
  await page.getByLabel('Mon', { exact: true }).uncheck();
  await next(page);
  await expect(page.getByText('Choose at least one weekday.')).toBeVisible();
  await page.getByLabel('Fri', { exact: true }).check();
  await next(page);
  const start = page.getByRole('button', { name: /^Start sending to/ });
  const people = ((await start.textContent()) ?? '').replace(/\D/g, '');
  await start.click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText(/Each later one goes to whoever is meant then/)).toBeVisible();
  await dialog.getByRole('textbox').fill(people);
  await dialog.getByRole('button', { name: /^Start sending to/ }).click();
  await expect(page.getByText('Fri at 09:00')).toBeVisible();
  await expect(page.getByText(/^Next /)).toBeVisible();
  await expect(page.getByText('Nothing yet.')).toBeVisible();
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText(/^Paused by/)).toBeVisible();
  await page.goto(`${app.server.url}/broadcasts`);
  await expect(page.getByRole('link', { name: /Every Monday/ })).toContainText('Next');
});
