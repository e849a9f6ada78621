import { App, expect, test } from './fixtures';

test('one click signs in, and a reply gets its ticks and an answer live', async ({ app, page }) => {
  await app.signIn();
  await app.openConversation();
  await expect(page.getByRole('img', { name: 'Live', exact: true })).toBeVisible();

  const words = `Your table is booked, number ${Date.now()}`;
  await app.composer.fill(words);
  await page.getByRole('button', { name: 'Send' }).click();
  const sent = app.message(words);
  await expect(sent).toHaveCount(1);
  await expect(app.composer).toHaveValue('');
  await expect(sent.getByRole('img', { name: /Delivered|Read/ })).toBeVisible();

  const after = page.locator(`article:has-text("${words}")`);
  await expect(after).toBeInViewport();
  await expect(async () => {
    const labels = await app.messages.evaluateAll((all) =>
      all.map((one) => one.getAttribute('aria-label') ?? ''),
    );
    const own = labels.findIndex((label) => label.includes(words));
    expect(labels.length).toBeGreaterThan(own + 1);
  }).toPass({ timeout: 20_000 });
});

test('a draft stays with its conversation', async ({ app, page }) => {
  await app.signIn();
  await app.openConversation();
  await app.composer.fill('Not finished yet');
  await page.waitForFunction(() =>
    Object.values(localStorage).some((kept) => kept.includes('Not finished yet')),
  );
  await page.reload();
  await expect(app.composer).toHaveValue('Not finished yet');
  await page.getByRole('option', { selected: false }).first().click();
  await expect(page.getByText('Draft:')).toBeVisible();
});

test('older messages come without a jump', async ({ app, page, server }) => {
  test.skip(server.tell === null, 'needs the long thread of the mock');
  await app.signIn();
  await page.goto(`${server.url}/inbox/all/c-marina`);
  const log = page.getByRole('log');
  await expect(app.messages.last()).toBeVisible();
  const last = await log.evaluate(
    (element) => element.scrollTop + element.clientHeight - element.scrollHeight,
  );
  expect(Math.abs(last)).toBeLessThan(4);
  for (let turn = 0; turn < 12; turn += 1) {
    await log.evaluate((element) => element.scrollBy(0, -700));
    await page.evaluate(
      () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
    );
  }
  const anchor = app.messages.nth(6);
  const words = await anchor.getAttribute('aria-label');
  const before = (await anchor.boundingBox())?.y ?? 0;
  await page.waitForLoadState('networkidle');
  const after = (await page.locator(`article[aria-label="${words}"]`).first().boundingBox())?.y ?? 0;
  expect(Math.abs(after - before)).toBeLessThan(3);
  await page.getByRole('button', { name: 'To the newest' }).click();
  await expect(page.getByRole('button', { name: 'To the newest' })).toBeHidden();
});

test('what is written offline waits in the outbox and goes out once and in order', async ({ app, page }) => {
  const line = await app.cuttableLine();
  await app.signIn();
  await app.openConversation();
  await expect(page.getByRole('img', { name: 'Live', exact: true })).toBeVisible();
  await line.cut();
  const [first, second] = [`First of two ${Date.now()}`, `Second of two ${Date.now()}`];
  for (const words of [first, second]) {
    await app.composer.fill(words);
    await page.keyboard.press('Control+Enter');
  }
  await expect(page.getByText('Reconnecting, 2 messages wait in your outbox')).toBeVisible();
  await expect(app.message(second).getByRole('img', { name: /Waiting/ })).toBeVisible();
  line.mend();
  await expect(app.message(second).getByRole('img', { name: /Sent|Delivered|Read/ })).toBeVisible({
    timeout: 30_000,
  });
  await expect(page.getByText(/wait in your outbox/)).toBeHidden();
  await page.reload();
  await expect(app.message(second)).toHaveCount(1);
  await expect(app.message(first)).toHaveCount(1);
  const labels = await app.messages.evaluateAll((all) =>
    all.map((one) => one.getAttribute('aria-label') ?? ''),
  );
  const place = (words: string) => labels.findIndex((label) => label.includes(words));
  expect(place(first)).toBeLessThan(place(second));
});

test('a message that arrives while reading further up shows as a count', async ({
  app,
  page,
  server,
  browser,
}) => {
  await app.signIn('Agent');
  await page.goto(`${server.url}/inbox/mine`);
  await page.getByRole('option').filter({ hasText: 'Marina Duarte' }).click();
  await expect(app.messages.last()).toBeVisible();
  await page.getByRole('log').evaluate((element) => element.scrollBy(0, -900));
  await expect(page.getByRole('button', { name: 'To the newest' })).toBeVisible();

  const words = `Are you there? ${Date.now()}`;
  const other = await browser.newContext();
  if (server.tell) await server.tell('receive', { conversation_id: 'c-marina', text: words });
  else {
    // The demo's customers answer whoever writes: a colleague does.
    const colleague = new App(await other.newPage(), server);
    await colleague.signIn('Lead');
    await colleague.page.goto(page.url().replace('/mine/', '/all/'));
    await colleague.composer.fill(words);
    await colleague.page.keyboard.press('Control+Enter');
  }
  await page.getByRole('button', { name: /^\d+ new$/ }).click();
  await expect(app.messages.last()).toBeInViewport();
  await expect(app.message(words)).toHaveCount(1);
  await other.close();
});
