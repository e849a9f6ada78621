// Writes screenshots/*.png. JETTO_URL = a running `jetto demo`; without it the mock with a fixed clock.
import { mkdirSync } from 'node:fs';
import { chromium } from '@playwright/test';
import { startMock } from '../mock/server.mjs';
import { launch } from './browser.mjs';

const NOW = new Date(2026, 10, 23, 10, 42, 6).getTime();
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const OUT = 'screenshots';

const only = process.argv.slice(2);
const mock = process.env.JETTO_URL ? null : await startMock({ now: NOW });
const base = process.env.JETTO_URL ?? mock.url;
const browser = await chromium.launch(launch);
mkdirSync(OUT, { recursive: true });

const control = (path, body) =>
  mock ? fetch(`${base}/mock/${path}`, { method: 'POST', body: JSON.stringify(body) }) : Promise.resolve();

/** The mock's conversations by id, the demo's by the same people's names. */
const IN_THE_MOCK = {
  'Marina Duarte': 'c-marina',
  'Yasmine Mansour': 'c-yasmine',
  'Luiza Prado': 'c-luiza',
  '+1 202 555 0117': 'c-0117',
};

const open = (name) => async (page) => {
  if (mock) await page.goto(`${base}/inbox/all/${IN_THE_MOCK[name]}`);
  else {
    await page.goto(`${base}/inbox/mine`);
    await page.getByRole('option').filter({ hasText: name }).click();
  }
  await page.getByRole('log').locator('article').last().waitFor();
};
const openMarina = open('Marina Duarte');

async function marinaWithColleagues(page) {
  await openMarina(page);
  if (!mock) {
    await colleague('Omar Fathy', page.url());
    const lina = await colleague('Lina Haddad', page.url());
    await lina.getByRole('textbox').pressSequentially('Bom dia', { delay: 40 });
    await page.getByText('Lina is typing…').waitFor();
    return;
  }
  await control('presence', {
    conversation_id: 'c-marina',
    people: [
      { id: 'm-lh', name: 'Lina Haddad', typing: true },
      { id: 'm-of', name: 'Omar Fathy', typing: false },
    ],
  });
}

const colleagues = [];

async function colleague(name, url) {
  const context = await browser.newContext({ viewport: DESKTOP });
  colleagues.push(context);
  const page = await context.newPage();
  await page.goto(`${base}/sign-in`);
  await page.getByRole('button', { name: new RegExp(name) }).click();
  await page.waitForURL((at) => !at.pathname.startsWith('/sign-in'));
  await page.goto(url.replace('/mine/', '/all/'));
  await page.getByRole('log').locator('article').last().waitFor();
  return page;
}

const shots = {
  'inbox-light': { run: writing },
  'inbox-dark': { theme: 'dark', run: writing },
  'inbox-rtl': { language: 'ar', run: open('Yasmine Mansour') },
  'inbox-every-kind': { run: open('+1 202 555 0117') },
  'inbox-1200': { size: { width: 1200, height: 900 }, run: openMarina },
  'inbox-760': { size: { width: 760, height: 900 }, run: openMarina },
  'phone-list': { size: PHONE, run: (page) => page.goto(`${base}/inbox/mine`) },
  'phone-thread': { size: PHONE, run: marinaWithColleagues },
  'phone-dark': { size: PHONE, theme: 'dark', run: openMarina },
  'window-closed': { run: open('Luiza Prado') },
  'template-picker': { run: picker },
  'template-picker-dark': { theme: 'dark', run: picker },
  'webhook-log': { person: 'Helena Castro', run: quarantined },
  'webhook-log-dark': { person: 'Helena Castro', theme: 'dark', run: quarantined },
  'demo-sign-in': { person: null, run: (page) => page.goto(`${base}/sign-in`) },
  'demo-sign-in-rtl': { person: null, language: 'ar', run: (page) => page.goto(`${base}/sign-in`) },
  'demo-sign-in-dark': { person: null, theme: 'dark', run: (page) => page.goto(`${base}/sign-in`) },
  contacts: { run: contacts },
  'contacts-dark': { theme: 'dark', run: contacts },
  help: {
    run: async (page) => {
      await page.goto(`${base}/inbox/mine`);
      await page.getByRole('option').first().waitFor();
      await page.keyboard.press('?');
    },
  },
  empty: {
    person: 'Owner',
    organization: 'Oficina Norte',
    run: (page) => page.goto(`${base}/inbox/all`),
  },
  'nothing-for-the-role': { person: 'Daniel Osei', run: (page) => page.goto(`${base}/nothing`) },
  'give-to-team': { person: 'Helena Castro', run: assigning },
  'read-along': { person: 'Nadia Rahman', run: readAlong },
  ...settingsShots(),
  ...broadcastShots(),
  // The last one: the mock stays away for some seconds after it.
  ...(mock && { offline: { run: offline } }),
};

/** Of each page of the settings what is worth a picture: desktop, dark, phone, right to left. */
function settingsShots() {
  const at =
    (path, then = async () => {}) =>
    async (page) => {
      await page.goto(`${base}${path}`);
      await page.locator('h1').first().waitFor();
      await page.waitForLoadState('networkidle');
      await then(page);
    };
  const owner = { person: 'Helena Castro' };
  const everyLook = (name, run, more = owner) => ({
    [name]: { ...more, run },
    [`${name}-dark`]: { ...more, theme: 'dark', run },
    [`${name}-phone`]: { ...more, size: PHONE, run },
    [`${name}-rtl`]: { ...more, language: 'ar', run },
  });
  const rows = (page) => page.locator('tbody tr').first().waitFor();
  return {
    ...everyLook('roles', at('/settings/roles', changedRoles)),
    ...everyLook('numbers', at('/numbers', secondNumber)),
    ...everyLook('members', at('/settings/members', rows)),
    member: { ...owner, run: at('/settings/members', openMember) },
    ...everyLook('audit', at('/settings/audit', rows)),
    ...everyLook('security', at('/settings/security')),
    enrolment: { run: at('/settings/security', enrol) },
    ...everyLook('profile', at('/settings/profile'), {}),
    organization: { ...owner, run: at('/settings/organization') },
    teams: { ...owner, run: at('/settings/teams') },
    'api-keys': { ...owner, run: at('/settings/api-keys') },
    'api-key-made': { ...owner, run: at('/settings/api-keys', makeKey) },
    access: { ...owner, run: at('/settings/roles', viewAs) },
    ...everyLook('sign-up', at('/sign-up'), { person: null }),
    'second-factor': { person: null, run: (page) => secondFactor(page) },
    'reset-asked': { person: null, run: at('/reset', askReset) },
    'link-expired': { person: null, run: at('/invitation/old') },
  };
}

async function ledger(page) {
  await page.locator('aside section button[aria-expanded="false"]').first().click();
  await page.locator('aside ol li').first().waitFor();
}

async function counted(page) {
  await page.getByText(/counted in/).waitFor();
}

async function checkedFile(page) {
  await page.goto(`${base}/contacts`);
  await page.getByRole('button', { name: 'Import' }).click();
  const chosen = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a file' }).click();
  const lines = ['Name,Phone', 'Asha,+919820011223', 'Ravi,9820011224', 'Nobody,12'];
  const buffer = Buffer.from(lines.join('\r\n'));
  await (await chosen).setFiles({ name: 'fair.csv', mimeType: 'text/csv', buffer });
  await page.getByRole('button', { name: 'See what it would do' }).click();
  await page.getByText('The first rejected rows').click();
}

/** Those of the pictures in ui.md; the demo has broadcasts of its own. */
function broadcastShots() {
  if (!mock) return {};
  const marketer = { person: 'Priya Menon' };
  const owner = { person: 'Helena Castro' };
  const at =
    (path, then = async () => {}) =>
    async (page) => {
      await page.goto(`${base}/broadcasts${path}`);
      await page.locator('h1').first().waitFor();
      await page.waitForLoadState('networkidle');
      await then(page);
    };
  const everyLook = (name, run, more) => ({
    [name]: { ...more, run },
    [`${name}-dark`]: { ...more, theme: 'dark', run },
    [`${name}-phone`]: { ...more, size: PHONE, run },
    [`${name}-rtl`]: { ...more, language: 'ar', run },
  });
  return {
    ...everyLook('broadcasts', at(''), marketer),
    ...everyLook('broadcast-check', at('/b-draft?step=check'), marketer),
    ...everyLook('broadcast-running', at('/b-six'), owner),
    ...everyLook('broadcast-report', at('/b-loom'), owner),
    ...everyLook('templates', (page) => page.goto(`${base}/templates/kasturi_six/en`), marketer),
    ...everyLook(
      'contacts-segment',
      async (page) => {
        await page.goto(`${base}/contacts`);
        await page.locator('h1').waitFor();
        await page.locator('main button:has(.tabler-icon-filter)').click();
        await page.locator('aside input').first().click();
        await page.getByRole('option', { name: /^Active customers/ }).click();
      },
      marketer,
    ),
    ...everyLook(
      'contact',
      (page) => page.goto(`${base}/contacts/contact-c-marina`).then(() => ledger(page)),
      owner,
    ),
    ...everyLook('contact-settings', (page) => page.goto(`${base}/settings/contacts`), owner),
    'contact-consent': {
      ...owner,
      run: async (page) => {
        await page.goto(`${base}/inbox/all/c-marina`);
        await page.getByRole('button', { name: 'Record consent' }).click();
        await page.getByRole('dialog').waitFor();
      },
    },
    'contacts-import-report': { ...marketer, run: (page) => checkedFile(page) },
    'broadcast-segment': { ...marketer, run: at('/new?segment=s-active', counted) },
    'contacts-import': {
      ...marketer,
      run: async (page) => {
        await page.goto(`${base}/contacts`);
        await page.getByRole('button', { name: 'Import' }).click();
        await page.getByText('spring-fair.csv').waitFor();
      },
    },
    'broadcast-paused': { ...owner, run: at('/b-offer') },
    'broadcast-audience': { ...marketer, run: at('/new', chosenPeople) },
    'broadcast-message': { ...marketer, run: at('/b-draft?step=message') },
    'broadcast-message-phone': { ...marketer, size: PHONE, run: at('/b-draft?step=message') },
    'broadcast-pace': { ...marketer, run: at('/b-draft?step=numbers') },
    'broadcast-recipients': { ...owner, run: at('/b-six', listed) },
    'broadcasts-empty': {
      person: 'Owner',
      organization: 'Oficina Norte',
      run: at(''),
    },
  };
}

async function chosenPeople(page) {
  await page.getByLabel('Name', { exact: true }).fill('Thank you, regulars');
  await page.getByLabel('Chosen people').first().check();
  await page.getByRole('checkbox').nth(2).check();
}

async function listed(page) {
  await page.getByRole('button', { name: 'See list: Permanent' }).click();
  await page.getByRole('dialog').getByRole('listitem').first().waitFor();
}

async function changedRoles(page) {
  for (const words of ['Night desk, Export contacts', 'Night desk, Send templates one by one'])
    if (
      mock &&
      page.viewportSize().width > 640 &&
      (await page.evaluate(() => document.documentElement.lang)) === 'en'
    )
      await page.getByRole('button', { name: words }).click();
}

async function secondNumber(page) {
  if (page.viewportSize().width <= 640) return;
  await page.getByRole('button', { name: /0148/ }).click();
  await page.locator('article').first().waitFor();
}

async function openMember(page) {
  await page.getByRole('button', { name: 'Rafael Nogueira' }).click();
  await page.getByRole('complementary').waitFor();
}

async function enrol(page) {
  await page.getByRole('button', { name: 'Set up second factor' }).click();
  await page.getByRole('img', { name: /QR/ }).waitFor();
}

async function makeKey(page) {
  await page.getByRole('button', { name: 'New API key' }).click();
  await page.getByLabel('Name').fill('Nightly export');
  await page.getByLabel('See contacts').check();
  await page.getByRole('button', { name: 'Make key with 1 permission' }).click();
  await page.getByRole('dialog', { name: /is made/ }).waitFor();
}

async function viewAs(page) {
  await page.getByRole('button', { name: 'View as a person' }).click();
  await page.getByRole('combobox', { name: 'Person' }).click();
  await page.getByRole('option', { name: 'Tomás Braga' }).click();
  await page.getByRole('dialog').locator('li').first().waitFor();
}

/** The ordinary door does not open in a demo: a mock without one. */
async function secondFactor(page) {
  if (!mock) return;
  const plain = await startMock({ now: NOW, demo: false });
  await page.goto(`${plain.url}/sign-in`);
  await page.getByLabel('Email').fill('helena@meridian.example');
  await page.getByLabel('Password', { exact: true }).fill('demo');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel(/authenticator/).waitFor();
  plain.stop();
}

async function askReset(page) {
  await page.getByLabel('Email').fill('rafael@meridian.example');
  await page.getByRole('button', { name: 'Ask for a link' }).click();
  await page.getByRole('status').waitFor();
}

async function writing(page) {
  await marinaWithColleagues(page);
  await page.getByRole('textbox').fill('Oi Marina, pode levar impresso ou mostrar na tela do celular');
}

async function picker(page) {
  await openMarina(page);
  await page.getByRole('button', { name: 'Choose template' }).first().click();
  const fields = page.locator('form').getByRole('textbox');
  if (!mock) return;
  await page.getByRole('button', { name: /retorno_exame/ }).click();
  await fields.nth(0).fill('Marina');
  await fields.nth(1).fill('Hemograma e glicemia');
  await fields.nth(2).fill('24 fev 2027');
  await fields.nth(3).focus();
  await fields.nth(3).blur();
}

async function assigning(page) {
  await openMarina(page);
  await page.getByRole('button', { name: /^Assign/ }).click();
  await page.getByRole('menuitem', { name: 'Assign to me' }).waitFor();
}

async function readAlong(page) {
  await page.goto(`${base}/inbox/all`);
  await page.getByRole('option').nth(1).click();
  await page.getByRole('log').locator('article').last().waitFor();
}

async function quarantined(page) {
  await page.goto(`${base}/webhook-log`);
  await page.getByRole('row').nth(1).waitFor();
  const row = page.getByRole('row', { name: /Quarantined/ }).first();
  await ((await row.count()) ? row : page.getByRole('row').nth(1)).click();
}

async function contacts(page) {
  await page.goto(`${base}/contacts`);
  await page.getByRole('listitem').first().click();
}

async function offline(page) {
  await openMarina(page);
  await page.getByRole('log').locator('article').last().waitFor();
  await control('offline', { ms: 9_000 });
  for (const words of ['Já te mando o endereço.', 'Rua dos Pinheiros, 498, 3º andar.']) {
    await page.getByRole('textbox').fill(words);
    await page.keyboard.press('Control+Enter');
  }
  await page.getByRole('button', { name: 'Show outbox' }).click({ timeout: 8_000 });
}

async function shoot(
  name,
  { size = DESKTOP, theme = 'light', language = 'en', person = 'Rafael Nogueira', organization, run },
) {
  const context = await browser.newContext({
    viewport: size,
    colorScheme: theme,
    deviceScaleFactor: size === PHONE ? 2 : 1,
    hasTouch: size === PHONE,
  });
  // What the pictures before this one left behind is no part of it.
  await control('tidy', {});
  const page = await context.newPage();
  // A fixed clock would never reach the moment at which the offline banner appears: there it runs.
  if (name === 'offline') await page.clock.install({ time: NOW });
  else if (mock) await page.clock.setFixedTime(NOW);
  page.on('pageerror', (error) => console.error(name, error.message));
  page.on('console', (line) => line.type() === 'error' && console.error(name, line.text()));
  await context.addInitScript((code) => localStorage.setItem('jetto.language', code), language);
  await page.goto(`${base}/sign-in`);
  if (person) {
    if (organization) await page.getByText(organization).click();
    await page.getByRole('button', { name: new RegExp(person) }).click();
    await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
  }
  await run(page);
  await page.evaluate(() => document.fonts.ready);
  await page.mouse.move(size.width - 2, size.height - 2);
  await page.waitForTimeout(500);
  await page.screenshot({ path: `${OUT}/${name}.png` });
  await Promise.all([context, ...colleagues.splice(0)].map((one) => one.close()));
}

for (const [name, shot] of Object.entries(shots)) {
  if (only.length > 0 && !only.includes(name)) continue;
  await shoot(name, shot).catch((error) => {
    console.error(name, error.message);
    process.exitCode = 1;
  });
}
await browser.close();
await mock?.stop();
