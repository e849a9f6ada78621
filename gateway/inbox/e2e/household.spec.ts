import { createHmac } from 'node:crypto';
import type { Browser, Page } from '@playwright/test';
import { expect, test } from './fixtures';

// People with passwords and second factors: the demo has none, and the mock would only agree with itself.
const url = process.env.JETTO_PLAIN_URL ?? '';
test.skip(url === '', 'needs a server without the demo that is open to sign-up');

const PASSWORD = 'a sentence to keep';
const STEP_MS = 30_000;
let made = 0;

/** Its own organization for each test: they share a server. */
async function found(page: Page) {
  made += 1;
  const email = `owner-${made}-${Date.now()}@sol.example`;
  await page.goto(`${url}/sign-up`);
  await page.getByLabel('Name of the organization').fill(`Padaria Sol ${made}`);
  await page.getByLabel('Your name').fill('Ana Sol');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create organization' }).click();
  await page.waitForURL(/\/inbox\/mine/);
  return email;
}

async function credentials(page: Page, email: string) {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

const another = async (browser: Browser) => (await browser.newContext()).newPage();

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** What an authenticator app shows (RFC 6238). */
function codeAt(secret: string, at: number): string {
  const bits = [...secret].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / STEP_MS)));
  const mac = createHmac('sha1', key).update(step).digest();
  const offset = mac.readUInt8(mac.length - 1) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}

test('somebody is invited, joins, gets another role on the open page, and leaves', async ({
  page,
  browser,
}) => {
  await found(page);
  await page.getByRole('link', { name: 'Connect a number' }).click();
  await expect(page.getByRole('heading', { name: 'No number is connected' })).toBeVisible();
  const email = `bia-${Date.now()}@sol.example`;
  await page.goto(`${url}/settings/members`);
  await page.getByRole('button', { name: 'Invite a person' }).click();
  await page.getByRole('dialog').getByLabel('Email').fill(email);
  await page.getByRole('button', { name: 'Make invitation' }).click();
  const link = await page.getByRole('textbox', { name: 'Link' }).inputValue();
  expect(link.startsWith(`${url}/invitation/`)).toBe(true);
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  await expect(page.getByText('1 open invitation')).toBeVisible();

  const other = await another(browser);
  await other.goto(link);
  await other.getByLabel('Your name').fill('Bia Lua');
  await other.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await other.getByRole('button', { name: /^Join Padaria Sol/ }).click();
  await other.waitForURL(/\/inbox\/mine/);
  await expect(other.getByRole('img', { name: 'Live', exact: true })).toBeVisible();
  await expect(other.getByRole('link', { name: 'Numbers' })).toHaveCount(0);

  await page.reload();
  await expect(page.getByText('2 members')).toBeVisible();
  await page.getByRole('button', { name: 'Bia Lua' }).click();
  await page.getByRole('combobox', { name: 'Role' }).click();
  await page.getByRole('option', { name: 'Admin' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(other.getByRole('link', { name: 'Numbers' })).toBeVisible();

  await page.getByRole('button', { name: 'Deactivate' }).click();
  await page.getByRole('button', { name: 'Deactivate Bia Lua' }).click();
  await expect(page.getByText('This person cannot sign in.')).toBeVisible();
  await expect(other.getByRole('dialog', { name: 'Sign in again' })).toBeVisible();
  await credentials(other, email);
  await expect(other.getByRole('alert')).toBeVisible();
  await expect(other).toHaveURL(/\/sign-in/);
  await other.goto(link);
  await expect(other.getByRole('heading', { name: 'This link no longer works' })).toBeVisible();
  await other.context().close();
});

test('a second factor is set up and asked for, and a session elsewhere is ended', async ({
  page,
  browser,
}) => {
  const email = await found(page);
  await page.goto(`${url}/settings/security`);
  await page.getByRole('button', { name: 'Set up second factor' }).click();
  const secret = await page.getByRole('textbox', { name: 'Key' }).inputValue();
  const code = page.getByRole('textbox', { name: 'Six digits from the app' });
  await expect(code).toBeFocused();
  const enrolled = Date.now();
  await code.fill(codeAt(secret, enrolled));
  await page.keyboard.press('Enter');
  const codes = page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
  await expect(codes).toHaveCount(10);
  const recovery = await codes.first().innerText();
  await page.getByRole('button', { name: 'I kept them' }).click();
  await expect(page.getByText('On', { exact: true })).toBeVisible();

  const other = await another(browser);
  await credentials(other, email);
  const asked = other.getByLabel('Code from your authenticator app');
  const enter = other.getByRole('button', { name: 'Sign in' });
  // A code that was taken once is worth nothing any more.
  await asked.fill(codeAt(secret, enrolled));
  await enter.click();
  await expect(other.getByRole('alert').filter({ hasText: 'This code is not right' })).toBeVisible();
  await asked.fill(codeAt(secret, enrolled + STEP_MS));
  await enter.click();
  await other.waitForURL(/\/inbox\//);

  await page.reload();
  const end = page.getByRole('button', { name: /^End the session on/ });
  await end.click();
  await expect(end).toHaveCount(0);
  await expect(other.getByRole('dialog', { name: 'Sign in again' })).toBeVisible();

  await credentials(other, email);
  await other.getByRole('button', { name: 'Use a recovery code' }).click();
  await other.getByLabel('Recovery code').fill(recovery);
  await enter.click();
  await other.waitForURL(/\/inbox\//);
  await page.reload();
  await expect(page.getByText('9 recovery codes')).toBeVisible();
  await other.context().close();
});

test('a key opens what it was made for until it is deleted, and the log tells of it', async ({
  page,
  request,
}) => {
  await found(page);
  await page.goto(`${url}/settings/api-keys`);
  await page.getByRole('button', { name: 'New API key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Till');
  await dialog.getByLabel('See contacts').check();
  await dialog.getByRole('button', { name: 'Make key with 1 permission' }).click();
  const key = await page.getByRole('textbox', { name: 'API key' }).inputValue();
  await page.getByRole('button', { name: 'I copied it' }).click();

  const status = async (path: string) =>
    (await request.get(`${url}/api/v1${path}`, { headers: { Authorization: `Bearer ${key}` } })).status();
  expect(await status('/contacts')).toBe(200);
  expect(await status('/conversations')).toBe(403);
  await page.getByRole('button', { name: 'Delete key Till' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete key' }).click();
  await expect(page.getByText('No API keys yet')).toBeVisible();
  expect(await status('/contacts')).toBe(401);

  await page.goto(`${url}/settings/audit`);
  await page.getByRole('combobox', { name: 'What' }).click();
  await page.getByRole('option', { name: 'API keys' }).click();
  await expect(page.getByRole('row')).toHaveCount(3);
  await expect(page.getByRole('row').nth(1)).toContainText('Till');
  await page.getByRole('button', { name: 'Export' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: /CSV/ }).click();
  const lines = await (await download).createReadStream().then(async (stream) => {
    const parts: Buffer[] = [];
    for await (const part of stream) parts.push(part as Buffer);
    return Buffer.concat(parts).toString().trim().split('\n');
  });
  expect(lines).toHaveLength(3);
  expect(lines.join('\n')).toContain('api_key.deleted');
  expect(lines.join('\n')).not.toContain(key);
});
