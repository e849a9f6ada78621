import type { Page } from '@playwright/test';
import { type App, expect, test } from './fixtures';

// The mock's broadcasts begin anew with each test; a running demo has others.
test.skip(!!process.env.JETTO_URL, 'speaks of the broadcasts of the mock');
test.beforeEach(async ({ app }) => app.server.tell?.('campaigns', {}));

const STATES = ['Read', 'Delivered', 'Sent, no receipt yet', 'Failed', 'Unknown, checking', 'Waiting'];

async function open(app: App, page: Page, path: string, role: Parameters<App['signIn']>[0] = 'Owner') {
  await app.signIn(role);
  await page.goto(`${app.server.url}/broadcasts${path}`);
  await page.locator('h1').first().waitFor();
}

const tiles = (page: Page) => page.getByRole('region', { name: 'Where people are' });
const numberOf = (text: string | null) => Number((text ?? '').replaceAll(',', ''));

async function figure(page: Page, name: string): Promise<number> {
  const tile = tiles(page).locator('dl > div').filter({ hasText: name }).first();
  return numberOf(await tile.locator('dd').first().textContent());
}

/** All at one moment: they move. */
const figures = (page: Page) =>
  tiles(page)
    .locator('dl > div')
    .evaluateAll((all) =>
      Object.fromEntries(
        all.map((one) => [
          one.querySelector('dt')?.textContent ?? '',
          Number((one.querySelector('dd')?.textContent ?? '').replaceAll(',', '')),
        ]),
      ),
    );

/** Changes the draft as a colleague would, whose page is not this one. */
const savedElsewhere = (page: Page, name: string) =>
  page.evaluate(async (renamed) => {
    const path = '/api/v1/campaigns/b-draft';
    const { campaign } = await (await fetch(path)).json();
    await fetch(path, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json', 'X-Jetto-Client': 'web' },
      body: JSON.stringify({ revision: campaign.revision, name: renamed, plan: campaign.plan }),
    });
  }, name);

test('G B leads to the list, which says how far each broadcast is', async ({ app, page }) => {
  await app.signIn('Owner');
  await page.waitForURL(/\/inbox/);
  await page.keyboard.press('g');
  await page.keyboard.press('b');
  await page.waitForURL(/\/broadcasts$/);
  const running = page.getByRole('link', { name: /Kasturi turns six/ });
  await expect(running).toContainText('Sending');
  await expect(running).toContainText('of 18,412');
  await expect(page.getByRole('link', { name: /Weekend at the loom/ })).toContainText('Not started');
  await expect(page.getByRole('link', { name: /Handloom week/ })).toContainText('Finished');
});

test('an organization without broadcasts is told what to do first', async ({ app, page }) => {
  await page.goto(`${app.server.url}/sign-in`);
  await page.getByText('Oficina Norte').click();
  await page.getByRole('button', { name: /\bOwner\b/ }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
  await page.goto(`${app.server.url}/broadcasts`);
  await expect(page.getByText('No broadcasts yet')).toBeVisible();
  await expect(page.getByText(/template that WhatsApp has approved/)).toBeVisible();
  await page.getByRole('button', { name: 'New broadcast' }).click();
  await page.waitForURL(/\/broadcasts\/new$/);
});

test('while it runs the states add up to everybody, and they move', async ({ app, page }) => {
  await open(app, page, '/b-six');
  await expect(tiles(page)).toBeVisible();
  const first = await figures(page);
  const sum = (all: Record<string, number>) => STATES.reduce((total, name) => total + (all[name] ?? 0), 0);
  expect(sum(first)).toBe(18_412);
  expect(first.Replied).toBeGreaterThan(200);
  await expect.poll(() => figure(page, 'Waiting')).toBeLessThan(first.Waiting ?? 0);
  expect(sum(await figures(page))).toBe(18_412);
  await expect(tiles(page).getByText(/^About .* left, ends \d\d:\d\d$/)).toBeVisible();
});

test('the chart has the same numbers as a table, and a gap is told as one', async ({ app, page }) => {
  await open(app, page, '/b-six');
  await expect(
    page.getByRole('img', { name: /^Messages per second over the last 10 minutes/ }),
  ).toBeVisible();
  await expect(page.getByText(/Allowed rate went from 26.7 down to 13.4 per s/)).toBeVisible();
  await page.getByRole('button', { name: 'Show as table' }).click();
  const table = page.getByRole('region', { name: 'Messages per second' });
  await expect(table.getByRole('row').nth(1)).toBeVisible();
  expect(await table.getByRole('row').count()).toBeGreaterThan(30);
  await page.getByRole('button', { name: 'Show as chart' }).click();
  await expect(table).toHaveCount(0);
});

test('a pause stops the count and does not ask; going on sends the rest', async ({ app, page }) => {
  await open(app, page, '/b-six');
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await expect(page.getByText(/^Paused by Helena Castro/)).toBeVisible();
  await expect(page.getByText('Paused', { exact: true }).first()).toBeVisible();
  const waiting = await figure(page, 'Waiting');
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByRole('button', { name: 'Pause', exact: true })).toBeVisible();
  await expect.poll(() => figure(page, 'Waiting')).toBeLessThan(waiting);
});

test('what WhatsApp stopped goes on only after a question', async ({ app, page }) => {
  await open(app, page, '/b-offer');
  await expect(page.getByText(/WhatsApp has paused the template .* \(132015\)/)).toBeVisible();
  await page.getByRole('button', { name: 'Go on' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText(/stops again with the next message/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Go on with 1,376' }).click();
  await expect(page.getByRole('button', { name: 'Pause', exact: true })).toBeVisible();
});

test('cancelling asks, and the rest gets nothing', async ({ app, page }) => {
  await open(app, page, '/b-offer');
  await page.getByRole('button', { name: 'Cancel rest' }).click();
  const dialog = page.getByRole('dialog', { name: 'Cancel for 1,376 people who wait?' });
  await dialog.getByRole('button', { name: 'Keep sending' }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole('button', { name: 'Cancel rest' }).click();
  await dialog.getByRole('button', { name: 'Cancel rest' }).click();
  await expect(page.getByText(/^Cancelled .*1,376 people who waited got nothing\.$/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Pause', exact: true })).toHaveCount(0);
});

test('the pace can be changed while it runs', async ({ app, page }) => {
  await open(app, page, '/b-six');
  await page.getByRole('button', { name: 'Change pace' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Not faster than').check();
  await dialog.getByLabel('Messages per second').fill('0');
  await expect(dialog.getByRole('button', { name: 'Set pace' })).toBeDisabled();
  await dialog.getByLabel('Messages per second').fill('5');
  await dialog.getByRole('button', { name: 'Set pace' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText('allowed, 5')).toBeVisible();
});

test('failures stand by class, each with its people, and without a button that does nothing', async ({
  app,
  page,
}) => {
  await open(app, page, '/b-six');
  const table = page.getByRole('region', { name: 'Did not go out, by class' });
  await expect(table.getByRole('row').filter({ hasText: 'Person limit' })).toContainText('(131049)');
  await expect(table.getByRole('row').filter({ hasText: 'Opted out' })).toContainText(
    'not before they opt in',
  );
  await expect(table.getByRole('button')).toHaveCount(7);
  await table.getByRole('button', { name: 'See list: Permanent' }).click();
  const drawer = page.getByRole('dialog', { name: 'Recipients' });
  await expect(drawer.getByRole('listitem').first()).toContainText('(131026)');
  await drawer.getByRole('button', { name: 'Show more' }).click();
  await expect(drawer.getByRole('listitem').nth(55)).toContainText('Failed: permanent');
  const link = drawer.getByRole('link', { name: 'Export CSV' });
  const file = await page.request.get(new URL((await link.getAttribute('href')) ?? '', page.url()).href);
  expect(file.headers()['content-type']).toContain('text/csv');
  await page.keyboard.press('Escape');
  await expect(drawer).toBeHidden();
});

test('the check tells what it costs by country, and of whom no price is known', async ({ app, page }) => {
  await open(app, page, '/b-draft?step=check', 'Marketer');
  const cost = page.getByRole('region', { name: 'Cost by country and category' });
  await expect(cost.getByRole('row', { name: /Brazil/ })).toContainText('$0.0625');
  await expect(cost.getByRole('row', { name: /United States/ })).toContainText('not known');
  await expect(page.getByText(/No price is known for \d+ people/)).toBeVisible();
  await expect(page.getByText('Free for whoever came by an ad shortly before.')).toBeVisible();
});

test('what WhatsApp has charged is told by country and kind, and for each reply', async ({ app, page }) => {
  await open(app, page, '/b-loom');
  await expect(tiles(page)).toContainText('per reply');
  const countries = page.getByRole('region', { name: 'By country' });
  await expect(countries.getByRole('row', { name: /Brazil/ })).toContainText('$');
  const charged = page.getByRole('region', { name: 'What WhatsApp charges' });
  await expect(charged.getByRole('row', { name: /After an ad/ })).toContainText('free');
  await page.goto(`${app.server.url}/broadcasts/b-six`);
  await expect(page.getByText(/more if what is under way arrives/)).toBeVisible();
});

test('a broadcast that runs can be given a limit of spending', async ({ app, page }) => {
  await open(app, page, '/b-six');
  await page.getByRole('button', { name: 'Change limit' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Pause at').check();
  await dialog.getByLabel('Amount').fill('600');
  await dialog.getByLabel('Currency').fill('US');
  await expect(dialog.getByRole('button', { name: 'Set limit' })).toBeDisabled();
  await dialog.getByLabel('Currency').fill('usd');
  await dialog.getByRole('button', { name: 'Set limit' }).click();
  await expect(page.getByText('Limit $600.00')).toBeVisible();
});

test('a finished broadcast has a report, and can be duplicated into a draft', async ({ app, page }) => {
  await open(app, page, '/b-loom');
  await expect(tiles(page)).toContainText('in 12 min 04 s');
  await expect(tiles(page)).toContainText('68.0 % of delivered');
  await expect(page.getByText('In audience')).toBeVisible();
  await page.getByRole('button', { name: 'Duplicate' }).click();
  await expect(page.getByRole('heading', { name: 'Handloom week, again' })).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Steps of the broadcast' })).toBeVisible();
});

test('the report draws who was reached over the hours, has the same as a table, and tells replies apart', async ({
  app,
  page,
}) => {
  await open(app, page, '/b-loom');
  await expect(page.getByRole('img', { name: /by hours after the start/ })).toBeVisible();
  const card = page
    .locator('section')
    .filter({ has: page.getByRole('heading', { name: 'People reached, hours after start' }) })
    .last();
  await card.getByRole('button', { name: 'Show as table' }).click();
  const last = card.getByRole('row').last();
  for (const people of ['17,902', '12,180', '1,841']) {
    await expect(last.getByRole('cell', { name: people, exact: true })).toBeVisible();
  }
  await expect(page.getByRole('listitem').filter({ hasText: 'Stopped promotions' })).toContainText('63');
});

test('from a name to the end: audience, message, numbers, check, start', async ({ app, page }) => {
  await open(app, page, '', 'Marketer');
  await page.getByRole('button', { name: 'New broadcast' }).click();
  const next = page.getByRole('button', { name: 'Next' });
  await next.click();
  await expect(page.getByText('Give it a name, so that others find it.')).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('Thank you, regulars');
  await page.getByLabel('Chosen people').first().check();
  await next.click();
  await expect(page.getByText(/^Nobody is chosen/)).toBeVisible();
  const people = page.getByRole('list', { name: 'Contacts' });
  for (const name of [/Marina Duarte/, /Aarav Deshpande/, /Yasmine Mansour/])
    await people.getByRole('checkbox', { name }).first().check();
  await expect(page.getByText('Chosen: 3')).toBeVisible();
  await next.click();

  await page.getByRole('button', { name: /lembrete_exame/ }).click();
  const second = page.getByRole('group', { name: '{{2}}' });
  await page.getByRole('group', { name: '{{1}}' }).getByLabel('Comes from').click();
  await page.getByRole('option', { name: 'First name' }).click();
  await next.click();
  await expect(second.getByText(/^Empty\./)).toBeVisible();
  await second.getByLabel('Text').fill('terça, 07:20');
  await next.click();

  await page.getByRole('checkbox', { name: /Nile & Palm Travel/ }).uncheck();
  await next.click();
  await expect(page.getByText('Before you start')).toBeVisible();
  await expect(page.getByText('Olá, Marina. Seu exame está marcado para terça, 07:20.')).toBeVisible();
  await page.getByRole('combobox', { name: 'Preview as' }).click();
  await page.getByRole('option', { name: 'Aarav Deshpande' }).click();
  await expect(page.getByText('Olá, Aarav. Seu exame está marcado para terça, 07:20.')).toBeVisible();

  await page.getByRole('button', { name: 'Start sending to 3' }).click();
  const dialog = page.getByRole('dialog', { name: /^Send to 3 people for about \$/ });
  const start = dialog.getByRole('button', { name: 'Start sending to 3' });
  await dialog.getByLabel('Type 3 to start').fill('2');
  await expect(start).toBeDisabled();
  await dialog.getByLabel('Type 3 to start').fill('3');
  await start.click();
  await expect(page.getByText('Finished').first()).toBeVisible();
  await expect(tiles(page)).toContainText('100 % of sent');
});

test('what it keeps to is chosen beside its pace, and what makes no sense is said', async ({ app, page }) => {
  await open(app, page, '/b-draft?step=numbers', 'Marketer');
  await page.getByRole('checkbox', { name: 'Nobody is written to in these hours' }).check();
  await expect(page.getByLabel('From', { exact: true })).toHaveValue('21:00');
  await page.getByLabel('Until', { exact: true }).fill('20:30');
  await page.getByRole('checkbox', { name: 'At most so many people a day' }).check();
  // As many as WhatsApp allows the numbers, until somebody says otherwise.
  const people = page.getByLabel('People in 24 hours, all numbers together');
  await expect(people).toHaveValue('100000');
  await people.fill('');
  await expect(people).toHaveAttribute('placeholder', '100,000');
  await people.fill('2000');
  await page.getByRole('checkbox', { name: 'When too many messages fail' }).check();
  const next = page.getByRole('button', { name: 'Next' });
  await next.click();
  await expect(page.getByText(/^From one time of the day to another/)).toBeVisible();
  await page.getByLabel('Until', { exact: true }).fill('08:00');
  await next.click();
  await expect(page.getByText('It goes out over 10 days.')).toBeVisible();
  await expect(page.getByText(/people get it later, when their own day allows/)).toBeVisible();
});

test('where four eyes are wanted, whoever wrote it asks, and somebody else decides', async ({
  app,
  page,
}) => {
  await open(app, page, '');
  await page.evaluate(async () => {
    const headers = { 'Content-Type': 'application/json', 'X-Jetto-Client': 'web' };
    const body = JSON.stringify({ approve_broadcasts: true });
    const answer = await fetch('/api/v1/organization', { method: 'PATCH', headers, body });
    if (!answer.ok) throw new Error(await answer.text());
  });
  const card = page
    .locator('section')
    .filter({ has: page.getByRole('heading', { name: 'Approval' }) })
    .last();
  await open(app, page, '/b-draft?step=check', 'Marketer');
  await card.getByRole('button', { name: 'Ask for approval' }).click();
  await expect(card.getByText(/asked for approval/)).toBeVisible();
  await expect(card.getByRole('button', { name: 'Approve' })).toHaveCount(0);

  await open(app, page, '/b-draft', 'Lead');
  await expect(page.getByText('Before you start')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Change message' })).toHaveCount(0);
  await card.getByLabel('What is wrong').fill('The date is wrong.');
  await card.getByRole('button', { name: 'Send back' }).click();
  await expect(card.getByText('The date is wrong.')).toBeVisible();
});

test('whom it did not reach can be written to again, as a draft', async ({ app, page }) => {
  await open(app, page, '/b-loom');
  const table = page.getByRole('region', { name: 'Did not go out, by class' });
  await expect(table.getByRole('button', { name: 'Write again: Permanent' })).toHaveCount(0);
  await table.getByRole('button', { name: 'Write again: Person limit' }).click();
  await expect(page.getByRole('heading', { name: 'Handloom week, again' })).toBeVisible();
  await page.getByRole('button', { name: 'Audience' }).click();
  await expect(page.getByRole('radio', { name: 'Whom another broadcast did not reach' })).toBeChecked();
});

test('a segment is counted before it is chosen for good, and who did not opt in can be left out', async ({
  app,
  page,
}) => {
  await open(app, page, '/new', 'Marketer');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('To the active ones');
  const count = page.locator('[aria-busy="false"] strong');
  await expect(count).toHaveText('172');
  await page.getByRole('radio', { name: 'A segment' }).check();
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.getByText('Choose a segment.')).toBeVisible();
  await page.getByRole('combobox', { name: 'Segment', exact: true }).click();
  await page.getByRole('option', { name: 'Active customers, 90 days' }).click();
  await expect(count).toHaveText('71');
  await expect(page.getByText('51 can get marketing')).toBeVisible();
  await page.getByRole('switch', { name: 'Only people who opted in' }).click({ force: true });
  await page.getByRole('button', { name: 'Next' }).click();
  await page.waitForURL(/step=message/);
  await page.goto(page.url().replace('step=message', 'step=audience'));
  await expect(page.getByRole('combobox', { name: 'Segment', exact: true })).toHaveValue(
    'Active customers, 90 days',
  );
  await expect(page.getByRole('switch', { name: 'Only people who opted in' })).toBeChecked();
});

test('one red check turns the start off and says so beside the button', async ({ app, page }) => {
  await open(app, page, '/b-draft?step=check', 'Marketer');
  await expect(page.getByText('Fix 1 problem to start')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start sending to 18,412' })).toBeDisabled();
  const findings = page.getByRole('listitem').filter({ has: page.getByRole('img', { name: /^(Must|To)/ }) });
  await expect(findings.first().getByRole('img', { name: 'Must be fixed' })).toBeVisible();
  await findings.first().getByRole('button', { name: 'Change message' }).click();
  await page.waitForURL(/step=message/);
});

test('a count that has changed since the check is checked again before anything is sent', async ({
  app,
  page,
}) => {
  await page.route('**/launch', (route) =>
    route.fulfill({
      status: 409,
      contentType: 'application/problem+json',
      body: JSON.stringify({
        status: 409,
        code: 'count_changed',
        detail: 'It would go to 18,411 people now. Nothing was sent.',
      }),
    }),
  );
  await open(app, page, '/b-draft?step=message', 'Marketer');
  await page.getByRole('button', { name: /check_up_primavera/ }).click();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('button', { name: /^Start sending to 18,464/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Type 18,464 to start').fill('18.464');
  await dialog.getByRole('button', { name: 'Start sending to 18,464' }).click();
  await expect(dialog.getByText(/Nothing was sent/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Check again' }).click();
  await expect(dialog.getByLabel('Type 18,464 to start')).toHaveValue('');
});

test('a draft is saved by itself and is there again', async ({ app, page }) => {
  await open(app, page, '/b-draft?step=audience', 'Marketer');
  await page.getByLabel('Name', { exact: true }).fill('Weekend at the loom, second');
  await expect(page.getByText(/^Saved as draft \d\d:\d\d$/)).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Weekend at the loom, second');
});

test('a draft that could not be saved says so, and is saved when the server is back', async ({
  app,
  page,
}) => {
  await open(app, page, '/b-draft?step=audience', 'Marketer');
  const name = page.getByLabel('Name', { exact: true });
  await name.waitFor();
  let away = true;
  await page.route('**/api/v1/campaigns/b-draft', (route) =>
    away && route.request().method() === 'PUT' ? route.abort() : route.continue(),
  );
  await name.fill('Written without a network');
  await expect(page.getByText(/^The draft was not saved\. What you typed is still here\./)).toBeVisible();
  away = false;
  await expect(page.getByText(/^Saved as draft \d\d:\d\d$/)).toBeVisible();
  await page.reload();
  await expect(name).toHaveValue('Written without a network');
});

test('two people at one draft: neither is overwritten without being asked', async ({ app, page }) => {
  await open(app, page, '/b-draft?step=audience', 'Marketer');
  const name = page.getByLabel('Name', { exact: true });
  await name.waitFor();
  await savedElsewhere(page, 'Theirs');
  await name.fill('Mine');
  await expect(page.getByText('Somebody else has saved this draft meanwhile.')).toBeVisible();
  await page.getByRole('button', { name: 'Take theirs' }).click();
  await expect(name).toHaveValue('Theirs');

  await savedElsewhere(page, 'Theirs again');
  await name.fill('Mine after all');
  await page.getByRole('button', { name: 'Save mine over it' }).click();
  await expect(page.getByText(/^Saved as draft \d\d:\d\d$/)).toBeVisible();
  await page.reload();
  await expect(name).toHaveValue('Mine after all');
});

test('a draft that nobody wants is deleted after a question', async ({ app, page }) => {
  await open(app, page, '/b-draft', 'Marketer');
  await page.getByRole('button', { name: 'More about this draft' }).click();
  await page.getByRole('menuitem', { name: 'Delete draft' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete draft' }).click();
  await page.waitForURL(/\/broadcasts$/);
  await expect(page.getByRole('link', { name: /Handloom week/ })).toBeVisible();
  await expect(page.getByRole('link', { name: /Weekend at the loom/ })).toHaveCount(0);
});

test('what a role may not do is not offered', async ({ app, page }) => {
  await open(app, page, '', 'Viewer');
  await expect(page.getByRole('link', { name: /Kasturi turns six/ })).toBeVisible();
  await expect(page.getByRole('button', { name: 'New broadcast' })).toHaveCount(0);
  await page.getByRole('link', { name: /Weekend at the loom/ }).click();
  await expect(page.getByText('This broadcast is a draft')).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Steps of the broadcast' })).toHaveCount(0);
  await page.goto(`${app.server.url}/broadcasts/b-six`);
  await expect(tiles(page)).toBeVisible();
  await expect(page.getByRole('button', { name: /^(Pause|Cancel rest|Change pace)$/ })).toHaveCount(0);
  await page.getByRole('button', { name: 'Recipients' }).click();
  await expect(page.getByRole('dialog').getByRole('listitem').first()).toBeVisible();
  await expect(page.getByRole('link', { name: 'Export CSV' })).toHaveCount(0);
});

test('who may not see broadcasts has no way to them', async ({ app, page }) => {
  await app.signIn('Agent');
  await expect(
    page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Inbox' }),
  ).toBeVisible();
  await expect(page.getByRole('link', { name: 'Broadcasts' })).toHaveCount(0);
  await page.goto(`${app.server.url}/broadcasts`);
  await page.waitForURL(/\/inbox/);
});

for (const [name, path] of Object.entries({
  list: '',
  audience: '/b-draft?step=audience',
  message: '/b-draft?step=message',
  numbers: '/b-draft?step=numbers',
  check: '/b-draft?step=check',
  running: '/b-six',
  report: '/b-loom',
}))
  test(`the ${name} fits a phone, and Arabic`, async ({ app, page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open(app, page, path);
    await page.waitForLoadState('networkidle');
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(await overflow()).toBe(0);
    await page.evaluate(() => localStorage.setItem('jetto.language', 'ar'));
    await page.reload();
    await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
    await page.locator('h1').first().waitFor();
    expect(await overflow()).toBe(0);
  });
