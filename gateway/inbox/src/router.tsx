import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { asProblem } from './api/problem';
import { meQuery } from './api/queries';
import type { Me, ViewName, WebhookOutcome } from './api/types';
import { STEPS, type Step } from './broadcasts/steps';
import { withWords } from './i18n';
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

/** `null` when nobody is signed in, or not any more. */
async function whoIsHere({ client }: Context): Promise<Me | null> {
  try {
    return await client.query(meQuery);
  } catch (error) {
    if (asProblem(error).signedOut) return null;
    throw error;
  }
}

const root = createRootRouteWithContext<Context>()({ component: Outlet, errorComponent: PageFailed });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('./signin/SignInPage'), 'SignInPage'),
});

const signUp = createRoute({
  getParentRoute: () => root,
  path: '/sign-up',
  component: lazyRouteComponent(
    withWords(() => import('./signin/SignUpPage')),
    'SignUpPage',
  ),
});

const reset = createRoute({
  getParentRoute: () => root,
  path: '/reset',
  component: lazyRouteComponent(
    withWords(() => import('./signin/ResetPage')),
    'ResetPage',
  ),
});

const newPassword = createRoute({
  getParentRoute: () => root,
  path: '/reset/$token',
  component: lazyRouteComponent(
    withWords(() => import('./signin/NewPasswordPage')),
    'NewPasswordPage',
  ),
});

const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation/$token',
  component: lazyRouteComponent(
    withWords(() => import('./signin/InvitationPage')),
    'InvitationPage',
  ),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: async ({ context, location }) => {
    const me = await whoIsHere(context);
    if (!me) throw redirect({ to: '/sign-in', search: { back: location.href } as never });
  },
  component: Shell,
});

/** An address can be typed or kept from another role; the server would answer 403 to everything on it. */
const onlyWith =
  (right: keyof Rights) =>
  async ({ context }: { context: Context }) => {
    const me = await whoIsHere(context);
    if (me && !rightsOf(me.permissions)[right]) throw redirect({ to: home(me.permissions) });
  };

const start = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: async ({ context }) => {
    const me = await whoIsHere(context);
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
  component: lazyRouteComponent(
    withWords(() => import('./contacts/ContactsPage'), 'contacts'),
    'ContactsPage',
  ),
});

const contact = createRoute({ getParentRoute: () => contacts, path: '$contactId' });

const broadcasts = createRoute({
  getParentRoute: () => shell,
  path: '/broadcasts',
  beforeLoad: onlyWith('readBroadcasts'),
  component: lazyRouteComponent(
    withWords(() => import('./broadcasts/BroadcastsPage'), 'broadcasts'),
    'BroadcastsPage',
  ),
});

const newBroadcast = createRoute({
  getParentRoute: () => shell,
  path: '/broadcasts/new',
  beforeLoad: onlyWith('writeBroadcasts'),
  validateSearch: (search: Record<string, unknown>): { segment?: string } =>
    typeof search.segment === 'string' ? { segment: search.segment } : {},
  component: lazyRouteComponent(
    withWords(() => import('./broadcasts/wizard/NewBroadcast'), 'broadcasts', 'contacts'),
    'NewBroadcast',
  ),
});

const broadcast = createRoute({
  getParentRoute: () => shell,
  path: '/broadcasts/$campaignId',
  beforeLoad: onlyWith('readBroadcasts'),
  validateSearch: (search: Record<string, unknown>): { step?: Step } =>
    STEPS.includes(search.step as Step) ? { step: search.step as Step } : {},
  component: lazyRouteComponent(
    withWords(() => import('./broadcasts/BroadcastPage'), 'broadcasts', 'contacts'),
    'BroadcastPage',
  ),
});

const templates = createRoute({
  getParentRoute: () => shell,
  path: '/templates',
  beforeLoad: onlyWith('readTemplates'),
  component: lazyRouteComponent(
    withWords(() => import('./templates/TemplatesPage'), 'templates'),
    'TemplatesPage',
  ),
});

const oneTemplate = createRoute({ getParentRoute: () => templates, path: '$name/$language' });

const webhookLog = createRoute({
  getParentRoute: () => shell,
  path: '/webhook-log',
  beforeLoad: onlyWith('readLog'),
  validateSearch: (search: Record<string, unknown>): { outcome?: WebhookOutcome } =>
    OUTCOMES.includes(String(search.outcome)) ? { outcome: search.outcome as WebhookOutcome } : {},
  component: lazyRouteComponent(() => import('./webhooks/WebhookLogPage'), 'WebhookLogPage'),
});

const webhookEntry = createRoute({ getParentRoute: () => webhookLog, path: '$entryId' });

const numbers = createRoute({
  getParentRoute: () => shell,
  path: '/numbers',
  beforeLoad: onlyWith('channels'),
  component: lazyRouteComponent(
    withWords(() => import('./numbers/NumbersPage')),
    'NumbersPage',
  ),
});

const oneNumber = createRoute({ getParentRoute: () => numbers, path: '$numberId' });

const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  component: lazyRouteComponent(
    withWords(() => import('./settings/SettingsPage')),
    'SettingsPage',
  ),
});

const page = <P extends string>(path: P, right: keyof Rights | null, load: () => Promise<unknown>) =>
  createRoute({
    getParentRoute: () => settings,
    path,
    ...(right && { beforeLoad: onlyWith(right) }),
    component: lazyRouteComponent(load as () => Promise<{ Page: () => React.ReactNode }>, 'Page'),
  });

const settingsPages = [
  page('profile', null, () => import('./settings/profile/ProfilePage')),
  page('security', null, () => import('./settings/security/SecurityPage')),
  page('organization', null, () => import('./settings/organization/OrganizationPage')),
  page('members', 'members', () => import('./settings/members/MembersPage')),
  page('members/$memberId', 'members', () => import('./settings/members/MembersPage')),
  page('teams', null, () => import('./settings/teams/TeamsPage')),
  page('contacts', 'contactSettings', () => import('./settings/contacts/ContactsSettingsPage')),
  page('roles', null, () => import('./settings/roles/RolesPage')),
  page('api-keys', 'apiKeys', () => import('./settings/keys/ApiKeysPage')),
  page('audit', 'audit', () => import('./settings/audit/AuditPage')),
];

const settingsStart = createRoute({
  getParentRoute: () => settings,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/settings/profile' });
  },
});

const nothing = createRoute({ getParentRoute: () => shell, path: '/nothing', component: NoPlace });

const tree = root.addChildren([
  signIn,
  signUp,
  reset,
  newPassword,
  invitation,
  shell.addChildren([
    start,
    inboxStart,
    nothing,
    inbox.addChildren([conversation]),
    contacts.addChildren([contact]),
    broadcasts,
    newBroadcast,
    broadcast,
    templates.addChildren([oneTemplate]),
    webhookLog.addChildren([webhookEntry]),
    numbers.addChildren([oneNumber]),
    settings.addChildren([settingsStart, ...settingsPages]),
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
