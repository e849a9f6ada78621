import type { Page } from '@playwright/test';
import { serious } from './axe';
import { type App, expect, test } from './fixtures';

// The mock's broadcasts begin anew with each test; a running demo has others.
test.skip(!!process.env.JETTO_URL, 'speaks of the broadcasts of the mock');
test.beforeEach(async ({ app }) => app.server.tell?.('campaigns', {}));

async function open(app: App, page: Page, path: string) {
  await app.signIn('Owner');
  await page.goto(`${app.server.url}/broadcasts${path}`);
  await page.locator('h1').first().waitFor();
}

/** Two messages of the draft, from the same template, and it is started. */
const started = (page: Page) =>
  page.evaluate(async () => {
    const path = '/api/v1/campaigns/b-draft';
    const order = async (method: string, rest: string, body: object, at = path) => {
      const headers = { 'Content-Type': 'application/json', 'X-Jetto-Client': 'web' };
      const answer = await fetch(at + rest, { method, headers, body: JSON.stringify(body) });
      return answer.json();
    };
    // Another test may have asked for four eyes.
    await order('PATCH', '', { approve_broadcasts: false }, '/api/v1/organization');
    const { campaign } = await (await fetch(path)).json();
    const { template, language } = campaign.plan;
    const variables = campaign.plan.variables.map((one: { name: string }) =>
      one.name === 'until' ? { ...one, source: { kind: 'text', text: 'Monday' } } : one,
    );
    const winner = { kind: 'best', by: 'read', after_minutes: 240 };
    const plan = {
      ...campaign.plan,
      test: { others: [{ template, language, variables }], sample: 20, winner },
    };
    const { revision } = await order('PUT', '', { revision: campaign.revision, name: campaign.name, plan });
    const { will_be_sent } = await order('POST', '/check', {});
    await order('POST', '/launch', { revision, confirm_recipient_count: will_be_sent });
  });

test('another message has its own template, and says how many get what', async ({ app, page }) => {
  await open(app, page, '/b-draft?step=message');
  await page.getByRole('button', { name: 'Test another message' }).click();
  await expect(page.getByRole('button', { name: 'Message B', exact: true })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.getByText('A message of the test has no template yet.')).toBeVisible();
  await page.getByRole('region', { name: 'Templates' }).getByText('kasturi_six').click();
  await page.getByLabel('Address of the file').fill('https://kasturi.example/b.jpg');
  await page.getByLabel('Text', { exact: true }).fill('Monday');
  await expect(page.getByText(/^20 % get one of the messages at once/)).toBeVisible();
  const slider = page.getByRole('slider', { name: 'How many get one of the messages at once' });
  await slider.focus();
  for (let step = 0; step < 5; step += 1) await page.keyboard.press('ArrowRight');
  await expect(page.getByText(/^25 % get .* 75 % wait for the winner\.$/)).toBeVisible();
  await page.getByLabel('Leave some people out, to compare with').check();
  expect(await serious(page)).toEqual([]);
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('button', { name: 'Next' }).click();
  const card = page.locator('section').filter({ hasText: 'Who gets which message' }).last();
  await expect(card.getByText('Message B')).toBeVisible();
  await expect(card.getByText(/Wait for the winner, at least 4 h/)).toBeVisible();
  await expect(page.getByText('Held out, to compare with')).toBeVisible();
  expect(await serious(page)).toEqual([]);
});

test('what runs compares its messages, and somebody chooses the winner', async ({ app, page }) => {
  await open(app, page, '');
  await started(page);
  await page.goto(`${app.server.url}/broadcasts/b-draft`);
  const table = page.getByRole('region', { name: 'Messages compared' });
  await expect(table.getByRole('row').nth(2)).toContainText('52.0 %');
  await expect(page.getByText(/^The winner is found .* Waiting for it: [\d,]+\.$/)).toBeVisible();
  await expect(
    page.getByText(/Read: message A is 11 percentage points behind the best\. That is more than chance/),
  ).toBeVisible();
  expect(await serious(page)).toEqual([]);
  await page.getByRole('button', { name: 'Choose the winner' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Send message B' }).click();
  await expect(page.getByText(/^Helena Castro chose message B/)).toBeVisible();
  await expect(table.getByText('Winner')).toBeVisible();
  await page.setViewportSize({ width: 390, height: 844 });
  await expect(table).toBeVisible();
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});
