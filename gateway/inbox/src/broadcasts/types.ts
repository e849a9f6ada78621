// The wire types of broadcasts by hand, until the server's own description has them (schema.ts); the names are those of the interface.

import type { BusinessNumber, Delivery, Person, Template, TemplateVariable } from '../api/types';

export type ContactField = 'name' | 'first_name' | 'username' | 'phone' | 'country';
export type Source = { kind: 'text'; text: string } | { kind: 'contact'; field: ContactField };
export type VariableSource = Pick<TemplateVariable, 'name' | 'place' | 'index'> & {
  source: Source;
  fallback: string | null;
};
export type Audience = { kind: 'everyone' } | { kind: 'contacts'; ids: string[] };

export type Plan = {
  template: string;
  language: string;
  numbers: string[];
  audience: Audience;
  variables: VariableSource[];
  per_second?: number | null;
  start_at?: number | null;
};

export type PauseReason =
  | { kind: 'person'; by: Person }
  | { kind: 'refused'; code: number | null; text: string };

export type Phase =
  | { kind: 'draft' }
  | { kind: 'freezing' }
  | { kind: 'running' }
  | { kind: 'paused'; reason: PauseReason }
  | { kind: 'cancelled'; at: number }
  | { kind: 'finished'; at: number };

export type Launch = { by: Person; at: number; template?: Template };

export type Campaign = {
  id: string;
  revision: number;
  name: string;
  author: Person;
  created_at: number;
  plan: Plan;
  phase: Phase;
  launch?: Launch | null;
};

/** Every state but `replied` is exclusive: together they are `total`. */
export type Counts = {
  total: number;
  waiting: number;
  under_way: number;
  unknown: number;
  parked: number;
  sent: number;
  delivered: number;
  read: number;
  failed: number;
  replied: number;
};

export type CampaignRow = { campaign: Campaign; counts: Counts };

export type FailureClass = 'try_later' | 'person_limit' | 'permanent' | 'our_mistake';
export type LaneState = 'running' | 'slower' | 'paused' | 'held';

export type Lane = {
  phone_number_id: string;
  name: string;
  display_number: string;
  waiting: number;
  done: number;
  sent_per_second: number;
  allowed_per_second: number;
  state: LaneState;
  note?: string | null;
};

export type FailureRow = { class: FailureClass; code: number | null; text: string; people: number };
/** One second; a second that is not there was not measured. */
export type Moment = { at: number; sent: number; allowed: number };

export type Progress = {
  phase: Phase;
  counts: Counts;
  lanes: Lane[];
  failures: FailureRow[];
  skipped: Record<string, number>;
  frozen: { count: number; is_whole: boolean };
  history: Moment[];
  eta_seconds?: number | null;
  started_at?: number | null;
  ended_at?: number | null;
};

export type CampaignDetail = { campaign: Campaign; progress?: Progress | null };

export type CostRow = { country: string; category: string; people: number; rate: number; cost: number };
export type Cost = { currency: string; as_of: string | number; rows: CostRow[]; total?: number | null };
export type Severity = 'must_fix' | 'look_at' | 'passed';
export type Finding = { severity: Severity; key: string; text: string; action?: string | null };
export type Sample = {
  contact: { id: string; name: string | null };
  body: string;
  header?: string | null;
  footer?: string | null;
  buttons: string[];
};

export type Check = {
  will_be_sent: number;
  audience: number;
  skipped: Record<string, number>;
  cost?: Cost | null;
  duration_seconds: number;
  finishes_at: number;
  lanes: (Pick<Lane, 'phone_number_id' | 'name'> & { per_second: number; quality: string | null })[];
  findings: Finding[];
  samples: Sample[];
};

export type RecipientClass =
  | 'waiting'
  | 'under_way'
  | 'unknown'
  | 'parked'
  | 'sent'
  | 'delivered'
  | 'read'
  | `failed_${FailureClass}`;

export type RecipientView = {
  no: number;
  contact: { id: string; name: string | null; phone: string | null };
  lane: number;
  class: RecipientClass;
  delivery: Delivery;
  replied_at: number | null;
};

/** What is typed on the pages before it is a campaign. */
export type Draft = { name: string; plan: Plan };
export type { BusinessNumber };
