// The wire types of accounts, members, roles, audit and channels, under the names that the app uses.

import type * as api from './schema';

export type {
  Access,
  Alert,
  AppSettings as ChannelApp,
  AuditView as AuditEntry,
  Channel,
  Check,
  CheckState,
  Enrolment,
  InvitationDoor,
  MemberView as Member,
  OrganizationView as Organization,
  PermissionView as Permission,
  RecoveryCodes,
  ResetLink,
  Revealed,
  RoleRef,
  RoleView as Role,
  SessionView as Session,
  TeamRef,
  TeamView as Team,
} from './schema';

/** The server keeps them as they come: they are this app's own. */
export type MyPreferences = { theme?: string; language?: string; single_keys?: boolean };
export type Me = Omit<api.Me, 'preferences'> & { preferences: MyPreferences };

/** The link is told only at creation and renewal. */
export type Invitation = api.InvitationView & Partial<Pick<api.InvitationWithLink, 'link'>>;
/** The key is told only at creation. */
export type ApiKey = api.ApiKeyView & Partial<Pick<api.ApiKeyWithText, 'key'>>;
