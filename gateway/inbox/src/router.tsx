import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { meQuery } from './api/queries';
import type { ViewName, WebhookOutcome } from './api/types';
import { InboxPage } from './inbox/InboxPage';
import { NoPlace } from './shell/NoPlace';
import { PageFailed } from './shell/PageFailed';
import { Shell } from './shell/Shell';
import { home, type Rights, rightsOf } from './state/permissions';

type Context = { client: QueryClient };

const VIEWS: readonly string[] = ['mine', 'unassigned', 'all', 'closed'] satisfies ViewName[];
const OUTCOMES: readonly string[] = [
  'stored',
  'processed',
  'duplicate',
  'quarantined',
] satisfies WebhookOutcome[];

const root = createRootRouteWithContext<Context>()({ component: Outlet, errorComponent: PageFailed });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('./signin/SignInPage'), 'SignInPage'),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: async ({ context, location }) => {
    const me = await context.client.query(meQuery);
    if (!me) throw redirect({ to: '/sign-in', search: { back: location.href } as never });
  },
  component: Shell,
});

/** An address can be typed or kept from another role; the server would answer 403 to everything on it. */
const onlyWith =
  (right: keyof Rights) =>
  async ({ context }: { context: Context }) => {
    const me = await context.client.query(meQuery);
    if (me && !rightsOf(me.permissions)[right]) throw redirect({ to: home(me.permissions) });
  };

const start = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: async ({ context }) => {
    const me = await context.client.query(meQuery);
    if (me) throw redirect({ to: home(me.permissions) });
  },
});

const inboxStart = createRoute({
  getParentRoute: () => shell,
  path: '/inbox',
  beforeLoad: () => {
    throw redirect({ to: '/inbox/$view', params: { view: 'mine' } });
  },
});

const inbox = createRoute({
  getParentRoute: () => shell,
  path: '/inbox/$view',
  beforeLoad: onlyWith('readInbox'),
  params: {
    parse: ({ view }): { view: ViewName } => ({ view: VIEWS.includes(view) ? (view as ViewName) : 'mine' }),
    stringify: ({ view }) => ({ view }),
  },
  validateSearch: (search: Record<string, unknown>): { unread?: true } =>
    search.unread === true ? { unread: true } : {},
  component: InboxPage,
});

const conversation = createRoute({ getParentRoute: () => inbox, path: '$conversationId' });

const contacts = createRoute({
  getParentRoute: () => shell,
  path: '/contacts',
  beforeLoad: onlyWith('readContacts'),
  component: lazyRouteComponent(() => import('./contacts/ContactsPage'), 'ContactsPage'),
});

const contact = createRoute({ getParentRoute: () => contacts, path: '$contactId' });

const webhookLog = createRoute({
  getParentRoute: () => shell,
  path: '/webhook-log',
  beforeLoad: onlyWith('readLog'),
  validateSearch: (search: Record<string, unknown>): { outcome?: WebhookOutcome } =>
    OUTCOMES.includes(String(search.outcome)) ? { outcome: search.outcome as WebhookOutcome } : {},
  component: lazyRouteComponent(() => import('./webhooks/WebhookLogPage'), 'WebhookLogPage'),
});

const webhookEntry = createRoute({ getParentRoute: () => webhookLog, path: '$entryId' });

const nothing = createRoute({ getParentRoute: () => shell, path: '/nothing', component: NoPlace });

const tree = root.addChildren([
  signIn,
  shell.addChildren([
    start,
    inboxStart,
    nothing,
    inbox.addChildren([conversation]),
    contacts.addChildren([contact]),
    webhookLog.addChildren([webhookEntry]),
  ]),
]);

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    defaultErrorComponent: PageFailed,
    defaultNotFoundComponent: PageFailed,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
