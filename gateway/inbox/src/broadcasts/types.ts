// The wire types of broadcasts under the names that these pages use; they are made from the server's own description.

import type * as api from '../api/schema';

export type {
  Audience,
  Campaign,
  CampaignCheck as Check,
  CampaignRow,
  ContactField,
  Cost,
  CostRow,
  CountryFigures,
  Counts,
  Estimate,
  EstimateRow,
  FailureClass,
  Finding,
  Gap,
  HourPoint,
  LaneProgress as Lane,
  LaneStanding as LaneState,
  Letter,
  Money,
  NewCampaign as Draft,
  PacePoint as Moment,
  PauseReason,
  Phase,
  Plan,
  PriceCategory,
  Progress,
  Repeat,
  Sample,
  Source,
  TestReport,
  VariableSource,
  VariantReport,
  VariantTest,
  WinnerRule,
} from '../api/schema';

export type Severity = api.FindingSeverity;

export type RecipientClass =
  | 'waiting'
  | 'under_way'
  | 'unknown'
  | 'parked'
  | 'sent'
  | 'delivered'
  | 'read'
  | 'held'
  | `failed_${api.FailureClass}`;

/** The description has the class as any text. */
export type RecipientView = Omit<api.RecipientView, 'class'> & { class: RecipientClass };
