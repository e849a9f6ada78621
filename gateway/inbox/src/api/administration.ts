// The wire types of accounts, members, roles, audit and channels, written by hand until openapi.json describes these routes.
// They are to be replaced by aliases of schema.ts, as in types.ts; nothing else has to change then.

export type RoleRef = { id: string; name: string };
export type TeamRef = { id: string; name: string };

export type MyPreferences = { theme?: string; language?: string; single_keys?: boolean };

export type Me = {
  member: { id: string; name: string; email: string; role: RoleRef; teams: TeamRef[] };
  account: {
    email: string;
    name: string;
    phone: string | null;
    second_factor: { enabled: boolean; recovery_codes_left: number };
  };
  organization: { id: string; name: string; mask_phones: boolean; require_second_factor: boolean };
  organizations: { id: string; name: string; role: RoleRef }[];
  permissions: string[];
  numbers: { phone_number_id: string; waba_id: string; name: string; display: string }[];
  must_enroll_second_factor: boolean;
  demo: boolean;
  preferences: MyPreferences;
};

export type Enrolment = { secret: string; uri: string; qr_svg: string };
export type RecoveryCodes = { recovery_codes: string[] };

export type Session = {
  id: string;
  created_at: number;
  last_seen_at: number;
  expires_at: number;
  ip: string;
  browser: string;
  device: string;
  current: boolean;
};

export type InvitationDoor = { organization: string; email: string; role: RoleRef; has_account: boolean };

export type Member = {
  id: string;
  name: string;
  role: RoleRef;
  teams: TeamRef[];
  status: 'active' | 'deactivated';
  service: boolean;
  /** These four only with members.manage. */
  email?: string;
  last_seen_at?: number | null;
  second_factor?: boolean;
  open_conversations?: number;
};

export type Invitation = {
  id: string;
  email: string;
  role: RoleRef;
  teams: TeamRef[];
  invited_by: string;
  expires_at: number;
  /** Only at creation and renewal. */
  link?: string;
};

export type Access = { permission: string; allowed: boolean; because: string };
export type ResetLink = { link: string; expires_at: number };

export type Permission = { key: string; group: string; description: string };

export type Role = {
  id: string;
  name: string;
  description: string;
  is_default: boolean;
  is_fixed: boolean;
  permissions: string[];
  /** How many people have it. */
  members: number;
};

export type Team = { id: string; name: string; members: string[] };

export type Organization = {
  id: string;
  name: string;
  mask_phones: boolean;
  require_second_factor: boolean;
  session_hours: number;
  audit_days: number;
  locale: string;
};

export type ApiKey = {
  id: string;
  name: string;
  permissions: string[];
  created_by: string;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  /** Only at creation. */
  key?: string;
};

export type AuditEntry = {
  n: number;
  at: number;
  actor: { kind: 'member' | 'api_key' | 'system' | 'nobody'; id: string | null; name: string };
  action: string;
  target: string | null;
  details: Record<string, string>;
  ip: string | null;
  browser: string | null;
  device: string | null;
};

export type Revealed = { phone: string | null; wa_id: string | null };

export type CheckState = 'fine' | 'to_do' | 'broken';

export type Channel = {
  phone_number_id: string;
  waba_id: string;
  name: string;
  display: string;
  quality: string | null;
  tier: string | null;
  /** Messages per second that WhatsApp allows. */
  throughput: number | null;
  state: CheckState;
  last_webhook_at: number | null;
  token_hint: string | null;
};

export type Check = {
  check: string;
  state: CheckState;
  title: string;
  effect: string;
  action: { label: string; kind: string } | null;
  by_hand: string;
};

export type ChannelApp = { callback_url: string; has_secret: boolean; verify_token: string };

export type Alert = {
  id: string;
  at: number;
  kind: string;
  severity: 'info' | 'warning' | 'critical';
  title: string;
  effect: string;
  action: string | null;
  phone_number_id?: string | null;
};

/** What the live line says besides the events: the first asks to load /me again, after the second it closes with 4001. */
export type SessionFrame = { type: 'permissions_changed' } | { type: 'signed_out' };
