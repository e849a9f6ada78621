import { test as base, expect, type Locator, type Page, type WebSocketRoute } from '@playwright/test';
import { startMock } from '../mock/server.mjs';

type Server = {
  url: string;
  /** The mock can be told what to do; a running `jetto demo` cannot. */
  tell: ((order: string, body: object) => Promise<void>) | null;
};

export const test = base.extend<{ app: App }, { server: Server }>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures from this pattern.
    async ({}, use) => {
      const url = process.env.JETTO_URL;
      if (url) {
        await use({ url, tell: null });
        return;
      }
      const mock = await startMock();
      const tell = async (order: string, body: object) => {
        await fetch(`${mock.url}/mock/${order}`, { method: 'POST', body: JSON.stringify(body) });
      };
      await use({ url: mock.url, tell });
      await mock.stop();
    },
    { scope: 'worker' },
  ],
  app: async ({ page, server }, use) => {
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await use(new App(page, server));
    expect(errors, 'errors thrown on the page').toEqual([]);
  },
});

export class App {
  readonly page: Page;
  readonly server: Server;

  constructor(page: Page, server: Server) {
    this.page = page;
    this.server = server;
  }

  async signIn(role: 'Agent' | 'Lead' | 'Marketer' | 'Analyst' | 'Developer' | 'Viewer' | 'Owner' = 'Owner') {
    await this.page.goto(`${this.server.url}/sign-in`);
    await this.page
      .getByRole('button', { name: new RegExp(`\\b${role}\\b`) })
      .first()
      .click();
    await this.page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
  }

  /** Between this page and its server; it works with any server, because it is cut on the page's side. */
  async cuttableLine() {
    let whole = true;
    const sockets = new Set<WebSocketRoute>();
    await this.page.routeWebSocket(/\/api\/v1\/live/, (socket) => {
      if (!whole) return void socket.close({ code: 1011 });
      socket.connectToServer();
      sockets.add(socket);
    });
    await this.page.route('**/api/**', (route) => (whole ? route.continue() : route.abort()));
    return {
      cut: async () => {
        whole = false;
        await Promise.all([...sockets].map((socket) => socket.close({ code: 1011 })));
        sockets.clear();
      },
      mend: () => {
        whole = true;
      },
    };
  }

  /** A conversation that may be answered freely. */
  openRow(): Locator {
    return this.page.getByRole('option').filter({ hasNotText: 'Closed' }).first();
  }

  async openConversation() {
    await this.page.goto(`${this.server.url}/inbox/all`);
    await this.openRow().click();
    await expect(this.messages.last()).toBeVisible();
  }

  get messages(): Locator {
    return this.page.getByRole('log').getByRole('article');
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Reply' });
  }

  message(text: string): Locator {
    return this.messages.filter({ hasText: text });
  }
}

export { expect };
