// The wire types, under the names that the app uses. They are made from the server's own description (schema.ts); besides
// administration.ts and the types of broadcasts and contacts nothing else imports that file.

import type * as api from './schema';

export type { Me, Member } from './administration';

export type {
  CampaignMessage,
  ChoiceKind,
  ClientFrame,
  Contact,
  ContactDetail,
  ContactRow as ListedContact,
  Content,
  Conversation,
  ConversationCounts as Counts,
  Delivery,
  DeliveryState,
  DemoDoor as Demo,
  DemoOrganization,
  DemoPerson,
  FailureAction,
  IntakeEntry as WebhookEntry,
  IntakeOutcome as WebhookOutcome,
  Media,
  Message,
  NewContent,
  NumberView as BusinessNumber,
  OrderItem,
  Person,
  Preview,
  Progress,
  SharedContact,
  Summary as WebhookSummary,
  TemplateEntry as Template,
  VariableSlot as TemplateVariable,
  Viewer,
  ViewName,
  WebhookDetail,
} from './schema';

export type ContentOf<T extends api.Content['type']> = Extract<api.Content, { type: T }>;
export type Page<T> = { items: T[]; next: string | null };

/** Frames that carry a place in the log. */
export type LoggedEvent = api.EventFrame | Extract<api.ServerFrame, { n: number }>;
export type ServerFrame = api.EventFrame | api.ServerFrame;
