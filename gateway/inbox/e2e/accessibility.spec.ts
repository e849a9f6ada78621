import type { Page } from '@playwright/test';
import { serious } from './axe';
import { type App, expect, test } from './fixtures';

const screens: Record<string, (app: App, page: Page) => Promise<void>> = {
  'sign-in': async (app, page) => {
    await page.goto(`${app.server.url}/sign-in`);
    await page.getByRole('button', { name: /Owner/ }).waitFor();
  },
  inbox: async (app) => {
    await app.signIn();
    await app.openConversation();
  },
  'every kind of message': async (app, page) => {
    await app.signIn('Agent');
    if (app.server.tell === null) {
      await page.goto(`${app.server.url}/inbox/mine`);
      await page.getByRole('option').filter({ hasText: 'Marina Duarte' }).click();
    } else await page.goto(`${app.server.url}/inbox/all/c-0117`);
    await expect(app.messages.last()).toBeVisible();
  },
  'no conversation open': async (app, page) => {
    await app.signIn();
    await page.goto(`${app.server.url}/inbox/mine`);
    await page.getByText(/No conversation is open|All answered/).waitFor();
  },
  'assign menu': async (app, page) => {
    await app.signIn();
    await app.openConversation();
    await page.getByRole('button', { name: /Assign/ }).click();
    await page.getByRole('menu').waitFor();
  },
  'template picker': async (app, page) => {
    await app.signIn();
    await app.openConversation();
    await page.getByRole('button', { name: 'Choose template' }).click();
    await page.getByRole('dialog').waitFor();
  },
  help: async (app, page) => {
    await app.signIn();
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
  },
  contacts: async (app, page) => {
    await app.signIn();
    await page.goto(`${app.server.url}/contacts`);
    await page.getByRole('listitem').first().click();
    await page.getByRole('complementary').waitFor();
  },
  'webhook log': async (app, page) => {
    await app.signIn();
    await page.goto(`${app.server.url}/webhook-log`);
    await page.getByRole('row').nth(1).click();
    await page.getByRole('button', { name: 'Replay' }).waitFor();
  },
};

const rooms: Record<string, { role: Parameters<App['signIn']>[0]; words: RegExp }> = {
  'read along': { role: 'Viewer', words: /does not answer customers/ },
  'nothing for this role': { role: 'Analyst', words: /Nothing here for this role/ },
};
for (const [name, { role, words }] of Object.entries(rooms)) {
  screens[name] = async (app, page) => {
    await app.signIn(role);
    if (role === 'Viewer') await page.getByRole('option').first().click();
    if (role === 'Analyst') await page.goto(`${app.server.url}/nothing`);
    await page.getByText(words).waitFor();
  };
}
screens['an empty organization'] = async (app, page) => {
  await page.goto(`${app.server.url}/sign-in`);
  await page.getByText('Oficina Norte').click();
  await page.getByRole('button', { name: /\bOwner\b/ }).click();
  await page.getByRole('heading', { name: /^Welcome, / }).waitFor();
};
screens['window closed'] = async (app, page) => {
  await app.signIn('Agent');
  await page.goto(`${app.server.url}/inbox/mine`);
  await page.getByRole('option').filter({ hasText: 'Closed' }).first().click();
  await page.getByText(/^Window closed at/).waitFor();
};

const pages = {
  profile: '/settings/profile',
  security: '/settings/security',
  organization: '/settings/organization',
  members: '/settings/members',
  teams: '/settings/teams',
  roles: '/settings/roles',
  'API keys': '/settings/api-keys',
  'audit log': '/settings/audit',
  numbers: '/numbers',
  'sign-up': '/sign-up',
  reset: '/reset',
};
for (const [name, path] of Object.entries(pages)) {
  screens[name] = async (app, page) => {
    await app.signIn();
    await page.goto(app.server.url + path);
    await page.locator('h1').first().waitFor();
    await page.waitForLoadState('networkidle');
  };
}

/** Of the mock; the demo has broadcasts and templates of its own. */
const pagesOfTheMock: Record<string, { path: string; after?: (page: Page) => Promise<void> }> = {
  broadcasts: { path: '/broadcasts' },
  'the audience of a broadcast': {
    path: '/broadcasts/new',
    after: (page) => page.getByLabel('Chosen people').first().check(),
  },
  'the message of a broadcast': { path: '/broadcasts/b-draft?step=message' },
  'the numbers of a broadcast': { path: '/broadcasts/b-draft?step=numbers' },
  'the check of a broadcast': {
    path: '/broadcasts/b-draft?step=check',
    after: (page) => page.getByText('Before you start').waitFor(),
  },
  'a broadcast that runs': {
    path: '/broadcasts/b-offer',
    after: async (page) => {
      await page.getByRole('img', { name: /Messages per second/ }).waitFor();
      await page.getByRole('button', { name: 'Show as table' }).click();
    },
  },
  'a broadcast that is over': {
    path: '/broadcasts/b-loom',
    after: (page) => page.getByText('Where they stopped').waitFor(),
  },
  'recipients of a broadcast': {
    path: '/broadcasts/b-loom',
    after: async (page) => {
      await page.getByRole('button', { name: 'Recipients' }).click();
      await page.getByRole('dialog').getByRole('listitem').first().waitFor();
    },
  },
  templates: {
    path: '/templates/paused_offer/en',
    after: (page) => page.getByText('Cannot be sent: Paused by WhatsApp').waitFor(),
  },
  'a segment of contacts': {
    path: '/contacts',
    after: async (page) => {
      await page.getByRole('button', { name: 'Segments' }).click();
      await page.getByRole('combobox', { name: 'Saved segments' }).click();
      await page.getByRole('option', { name: /^Active customers/ }).click();
      await page.getByText(/counted in/).waitFor();
    },
  },
  'a contact with its ledger': {
    path: '/contacts/contact-c-camille',
    after: async (page) => {
      await page.getByRole('button', { name: 'Ledger', exact: true }).click();
      await page.getByText('STOP', { exact: true }).waitFor();
    },
  },
  'editing a contact': {
    path: '/contacts/contact-c-marina',
    after: async (page) => {
      await page.getByRole('button', { name: 'Edit' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  'recording consent': {
    path: '/inbox/all/c-marina',
    after: async (page) => {
      await page.getByRole('button', { name: 'Record consent' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  'the settings of contacts': {
    path: '/settings/contacts',
    after: async (page) => {
      await page.getByRole('combobox', { name: 'Own words in a language' }).click();
      await page.getByRole('option', { name: 'Portuguese' }).click();
      await page.getByLabel('To who opts out').waitFor();
    },
  },
  'a broadcast to a segment': {
    path: '/broadcasts/new?segment=s-active',
    after: (page) => page.getByText(/counted in/).waitFor(),
  },
  'an import of contacts': {
    path: '/contacts',
    after: async (page) => {
      await page.getByRole('button', { name: 'Import' }).click();
      await page.getByText('spring-fair.csv').waitFor();
    },
  },
  'cancelling a broadcast': {
    path: '/broadcasts/b-offer',
    after: (page) => page.getByRole('button', { name: 'Cancel rest' }).click(),
  },
};
if (!process.env.JETTO_URL)
  for (const [name, { path, after }] of Object.entries(pagesOfTheMock)) {
    screens[name] = async (app, page) => {
      await app.server.tell?.('campaigns', {});
      await app.signIn();
      await page.goto(app.server.url + path);
      await page.locator('h1').first().waitFor();
      await page.waitForLoadState('networkidle');
      await after?.(page);
    };
  }

for (const theme of ['light', 'dark'] as const) {
  for (const [name, open] of Object.entries(screens)) {
    test(`${name} has no serious accessibility finding in ${theme}`, async ({ app, page }) => {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await open(app, page);
      await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished)));
      expect(await serious(page)).toEqual([]);
    });
  }
}

test('the phone layout and Arabic have no serious accessibility finding', async ({ app, page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await app.signIn();
  await app.openConversation();
  expect(await serious(page)).toEqual([]);
  await page.evaluate(() => localStorage.setItem('jetto.language', 'ar'));
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.reload();
  await expect(app.messages.last()).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
  expect(await serious(page)).toEqual([]);
});
