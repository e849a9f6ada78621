import { startMock } from '../mock/server.mjs';
import { expect, test } from './fixtures';

// The demo has no ordinary door: these need a server without one, and one that forgets afterwards what was done to it.
test.skip(!!process.env.JETTO_URL, 'needs a server without the demo');

const PASSWORD = 'a sentence to keep';

async function door() {
  const mock = await startMock({ demo: false });
  const tell = (order: string, body: object) =>
    fetch(`${mock.url}/mock/${order}`, { method: 'POST', body: JSON.stringify(body) });
  return { ...mock, tell };
}

test.describe('the door', () => {
  let server: Awaited<ReturnType<typeof door>>;
  test.beforeEach(async () => {
    server = await door();
  });
  test.afterEach(() => server.stop());

  test('an organization is made, and its owner is inside', async ({ page }) => {
    await page.goto(`${server.url}/sign-in`);
    await page.getByRole('link', { name: 'Create an organization' }).click();
    await page.getByLabel('Name of the organization').fill('Padaria Sol');
    await page.getByLabel('Your name').fill('Ana Sol');
    await page.getByLabel('Email').fill('rafael@meridian.example');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Create organization' }).click();
    await expect(page.getByText('There is an account with this email already')).toBeVisible();
    await page.getByLabel('Email').fill('ana@sol.example');
    await page.getByRole('button', { name: 'Create organization' }).click();
    await page.waitForURL(/\/inbox\/mine/);
    await page.getByRole('button', { name: 'Ana Sol, menu' }).click();
    await expect(page.getByText('Owner · Padaria Sol')).toBeVisible();
  });

  test('where sign-up is closed, the page says so', async ({ page }) => {
    await server.tell('sign-ups', { open: false });
    await page.goto(`${server.url}/sign-up`);
    await expect(page.getByRole('heading', { name: 'Sign-up is closed' })).toBeVisible();
  });

  test('a second factor is asked for, and a recovery code is one', async ({ page }) => {
    await page.goto(`${server.url}/sign-in`);
    await page.getByLabel('Email').fill('helena@meridian.example');
    await page.getByLabel('Password', { exact: true }).fill('demo');
    await page.getByRole('button', { name: 'Sign in' }).click();
    const code = page.getByLabel('Code from your authenticator app');
    await code.fill('000000');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('alert').filter({ hasText: 'This code is not right' })).toBeVisible();
    await page.getByRole('button', { name: 'Use a recovery code' }).click();
    await page.getByLabel('Recovery code').fill('wq7k-28dm');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(/\/inbox\//);
  });

  test('too many attempts are told, with the wait', async ({ page }) => {
    await page.goto(`${server.url}/sign-in`);
    await page.getByLabel('Email').fill('rafael@meridian.example');
    await page.getByLabel('Password', { exact: true }).fill('wrong');
    for (let turn = 0; turn < 5; turn += 1) {
      const answered = page.waitForResponse('**/api/v1/sessions');
      await page.getByRole('button', { name: 'Sign in' }).click();
      expect((await answered).status()).toBe(401);
    }
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByText(/Too many attempts from here.*Try again in \d+ s/)).toBeVisible();
    await expect(page.getByRole('button', { name: 'Sign in' })).toBeDisabled();
  });

  test('a reset link from an admin sets a new password, once', async ({ page, browser }) => {
    await page.goto(`${server.url}/sign-in`);
    await page.getByLabel('Email').fill('omar@meridian.example');
    await page.getByLabel('Password', { exact: true }).fill('demo');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(/\/inbox\//);
    await page.goto(`${server.url}/settings/members/m-rn`);
    await page.getByRole('button', { name: 'Password reset link' }).click();
    const link = await page.getByRole('textbox', { name: 'Link' }).inputValue();

    const other = await (await browser.newContext()).newPage();
    await other.goto(link);
    await expect(other.getByText('For r•••@meridian.example')).toBeVisible();
    await other.getByLabel('New password').fill(PASSWORD);
    await other.getByRole('button', { name: 'Set password' }).click();
    await expect(other.getByRole('heading', { name: 'The password is set' })).toBeVisible();
    await other.getByRole('link', { name: 'Go to sign-in' }).click();
    await other.getByLabel('Email').fill('rafael@meridian.example');
    await other.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await other.getByRole('button', { name: 'Sign in' }).click();
    await other.waitForURL(/\/inbox\//);
    await other.goto(link);
    await expect(other.getByRole('heading', { name: 'This link no longer works' })).toBeVisible();
    await other.context().close();
  });

  test('an invited person comes in by the link', async ({ page, browser }) => {
    await page.goto(`${server.url}/sign-in`);
    await page.getByLabel('Email').fill('omar@meridian.example');
    await page.getByLabel('Password', { exact: true }).fill('demo');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(/\/inbox\//);
    await page.goto(`${server.url}/settings/members`);
    await page.getByRole('button', { name: 'Invite a person' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Email').fill('lina@meridian.example');
    await dialog.getByRole('button', { name: 'Make invitation' }).click();
    await expect(dialog.getByText('This person is a member already')).toBeVisible();
    await dialog.getByLabel('Email').fill('nova@meridian.example');
    await dialog.getByRole('button', { name: 'Make invitation' }).click();
    const link = await page.getByRole('textbox', { name: 'Link' }).inputValue();

    const other = await (await browser.newContext()).newPage();
    await other.goto(link);
    await expect(other.getByRole('heading', { name: 'Join Meridian Care' })).toBeVisible();
    await other.getByLabel('Your name').fill('Nova Lima');
    await other.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await other.getByRole('button', { name: 'Join Meridian Care' }).click();
    await other.waitForURL(/\/inbox\/mine/);
    await expect(other.getByRole('button', { name: 'Nova Lima, menu' })).toBeVisible();
    await other.context().close();
  });

  test('where everybody needs a second factor, there is no other page before it', async ({ page }) => {
    await page.goto(`${server.url}/sign-in`);
    await page.getByLabel('Email').fill('helena@meridian.example');
    await page.getByLabel('Password', { exact: true }).fill('demo');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Code from your authenticator app').fill('123456');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(/\/inbox\//);
    await page.goto(`${server.url}/settings/organization`);
    await page.getByText('Require a second factor').waitFor();
    await page.getByRole('switch', { name: 'Require a second factor' }).click({ force: true });
    await expect(page.getByRole('switch', { name: 'Require a second factor' })).toBeChecked();
    await page.context().clearCookies();

    await page.goto(`${server.url}/sign-in`);
    await page.getByLabel('Email').fill('rafael@meridian.example');
    await page.getByLabel('Password', { exact: true }).fill('demo');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('heading', { name: 'Set up a second factor to go on' })).toBeVisible();
    await page.getByLabel('Six digits from the app').fill('123456');
    await page.getByRole('button', { name: 'Turn on' }).click();
    await expect(page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem')).toHaveCount(10);
    await page.getByRole('button', { name: 'I kept them' }).click();
    await expect(page.getByRole('heading', { name: 'Set up a second factor to go on' })).toBeHidden();
    await expect(page.getByRole('option').first()).toBeVisible();
  });

  test('an old session is renewed without a word; an ended one asks to sign in and keeps the draft', async ({
    page,
  }) => {
    await page.goto(`${server.url}/sign-in`);
    await page.getByLabel('Email').fill('rafael@meridian.example');
    await page.getByLabel('Password', { exact: true }).fill('demo');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.goto(`${server.url}/inbox/all/c-marina`);
    await expect(page.getByRole('img', { name: 'Live', exact: true })).toBeVisible();

    let renewals = 0;
    page.on('request', (request) => {
      if (request.url().endsWith('/sessions/refresh')) renewals += 1;
    });
    await server.tell('expire', {});
    await page.getByRole('link', { name: 'Contacts' }).click();
    await expect(page.getByRole('listitem').first()).toBeVisible();
    expect(renewals).toBe(1);

    await page.goBack();
    await page.getByRole('textbox', { name: 'Reply' }).fill('Half a thought');
    await server.tell('revoke', { email: 'rafael@meridian.example' });
    const dialog = page.getByRole('dialog', { name: 'Sign in again' });
    await expect(dialog).toBeVisible();
    await dialog.getByLabel('Password', { exact: true }).fill('demo');
    await dialog.getByRole('button', { name: 'Sign in and go on' }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole('textbox', { name: 'Reply' })).toHaveValue('Half a thought');
  });

  test('one person goes from one organization to the other', async ({ page }) => {
    await page.goto(`${server.url}/sign-in`);
    await page.getByLabel('Email').fill('lina@meridian.example');
    await page.getByLabel('Password', { exact: true }).fill('demo');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Lina Haddad, menu' }).click();
    await page.getByRole('menuitem', { name: /Oficina Norte/ }).click();
    await expect(page.getByText(/Welcome, Lina/)).toBeVisible();
    await expect(page.getByRole('option')).toHaveCount(0);
  });

  test('what the role may see changes on the open page', async ({ page }) => {
    await page.goto(`${server.url}/sign-in`);
    await page.getByLabel('Email').fill('rafael@meridian.example');
    await page.getByLabel('Password', { exact: true }).fill('demo');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.goto(`${server.url}/inbox/all`);
    await expect(page.getByRole('img', { name: 'Live', exact: true })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Webhook log' })).toHaveCount(0);
    await server.tell('role', { member_id: 'm-rn', role: 'developer' });
    await page.waitForURL(/\/webhook-log/);
    await expect(page.getByRole('link', { name: 'Webhook log' })).toBeVisible();
    await expect(page.getByRole('link', { name: /^Inbox/ })).toHaveCount(0);
  });
});
