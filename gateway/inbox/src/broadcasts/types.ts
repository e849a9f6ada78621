// The wire types of broadcasts under the names that these pages use; they are made from the server's own description.

import type * as api from '../api/schema';

export type {
  Audience,
  Campaign,
  CampaignRow,
  ContactField,
  Counts,
  FailureClass,
  Finding,
  LaneProgress as Lane,
  LaneStanding as LaneState,
  NewCampaign as Draft,
  PacePoint as Moment,
  PauseReason,
  Phase,
  Plan,
  Progress,
  Sample,
  Source,
  VariableSource,
} from '../api/schema';

export type Severity = api.FindingSeverity;

export type CostRow = { country: string; category: string; people: number; rate: number; cost: number };
export type Cost = { currency: string; as_of: string | number; rows: CostRow[]; total?: number | null };

/** The cost is only from a server that knows the prices. */
export type Check = api.CampaignCheck & { cost?: Cost | null };

export type RecipientClass =
  | 'waiting'
  | 'under_way'
  | 'unknown'
  | 'parked'
  | 'sent'
  | 'delivered'
  | 'read'
  | `failed_${api.FailureClass}`;

/** The description has the class as any text. */
export type RecipientView = Omit<api.RecipientView, 'class'> & { class: RecipientClass };
