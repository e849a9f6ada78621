// Made from openapi.json by `npm run types`. Do not edit.

export type Bsuid = string;

export type Change = { assignee_id?: string | null; status?: StatusName | null; team_id?: string | null };

export type ChoiceKind = 'button' | 'list' | 'template_button' | 'flow' | 'call_permission' | 'product' | 'other';

export type ClientFrame = { conversation_id?: ConversationId | null; type: 'view' } | { conversation_id: ConversationId; type: 'typing'; typing: boolean } | { type: 'ping' };

export type ClientKey = string;

export type Contact = { bsuid: Bsuid | null; country: string | null; id: ContactId; name: string | null; phone: string | null; username: string | null };

export type ContactDetail = Contact & { conversations: Array<Conversation> };

export type ContactId = string;

export type Content = { body: string; type: 'text' } | { caption: string | null; media: Media; type: 'image' } | { caption: string | null; media: Media; type: 'video' } | { media: Media; type: 'audio'; voice: boolean } | { caption: string | null; media: Media; type: 'document' } | { animated: boolean; media: Media; type: 'sticker' } | { address: string | null; latitude: number; longitude: number; name: string | null; type: 'location'; url: string | null } | { contacts: Array<SharedContact>; type: 'contacts' } | { description: string | null; id: string | null; kind: ChoiceKind; title: string; type: 'choice' } | { catalog_id: string; items: Array<OrderItem>; text: string | null; type: 'order' } | TemplateContent & { type: 'template' } | { emoji: string | null; target: string | null; type: 'reaction' } | { body: string; kind: string; type: 'system' } | { code: number | null; detail: string | null; kind: string | null; type: 'unsupported' };

export type ContentKind = 'text' | 'image' | 'video' | 'audio' | 'document' | 'sticker' | 'location' | 'contacts' | 'choice' | 'order' | 'template' | 'reaction' | 'system' | 'unsupported';

export type Conversation = { assignee: Person | null; contact: Contact; id: ConversationId; last_activity_at: Timestamp; number: NumberRef; preview: Preview | null; revision: number; status: ConversationStatus; team: TeamId | null; unread: number; window_until: Timestamp | null };

export type ConversationCounts = { all: number; closed: number; mine: number; mine_unread: number; unassigned: number };

export type ConversationId = string;

export type ConversationStatus = 'open' | 'snoozed' | 'closed';

export type Credentials = { email: string; password: string };

export type Delivery = { accepted_at: Timestamp | null; delivered_at: Timestamp | null; doubted_at: Timestamp | null; failed_at: Timestamp | null; failure: Failure | null; played_at: Timestamp | null; queued_at: Timestamp; read_at: Timestamp | null; sent_at: Timestamp | null; state: DeliveryState };

export type DeliveryState = 'queued' | 'sent' | 'delivered' | 'read' | 'played' | 'failed' | 'unknown';

export type DemoChoice = { member_id: MemberId };

export type DemoDoor = { organizations: Array<DemoOrganization>; people: Array<DemoPerson> };

export type DemoOrganization = { about: string; id: TenantId; name: string };

export type DemoPerson = { about: string; member_id: MemberId; name: string; organization_id: TenantId; role: Role; try: string };

export type Direction = 'in' | 'out';

export type EventBody = { conversation: Conversation; message: Message; type: 'message_added' } | { conversation: Conversation; message: Message; type: 'message_changed' } | { conversation: Conversation; type: 'conversation_changed' };

export type EventFrame = EventBody & { n: number };

export type Failure = { action: FailureAction | null; code: number | null; text: string };

export type FailureAction = 'retry' | 'retry_later' | 'use_template' | 'fix_number' | 'fix_content' | 'fix_account' | 'none';

export type HeaderKind = 'text' | 'image' | 'video' | 'document' | 'location';

export type IntakeEntry = { attempts: number; conversation_id: ConversationId | null; error: string | null; field: string; id: IntakeId; kind: string; outcome: IntakeOutcome; phone_number_id: PhoneNumberId | null; processed_at: Timestamp | null; received_at: Timestamp; size: number };

export type IntakeId = string;

export type IntakeOutcome = 'stored' | 'processed' | 'duplicate' | 'quarantined';

export type IntakeSummary = { duplicate: number; processed: number; quarantined: number; stored: number };

export type Me = { demo: boolean; member: MeMember; numbers: Array<NumberView>; organization: Organization; permissions: Array<string> };

export type Media = { filename: string | null; id: MediaId; mime: string; reason: string | null; size: number | null; state: MediaState };

export type MediaId = string;

export type MediaState = 'pending' | 'ready' | 'failed';

export type MemberId = string;

export type MemberView = { id: MemberId; name: string; role: Role };

export type MeMember = { email: string; id: MemberId; name: string; role: Role };

export type Message = { at: Timestamp; author: Person | null; client_id: ClientKey | null; content: Content; conversation_id: ConversationId; delivery: Delivery | null; direction: Direction; edited: boolean; forwarded: boolean; id: MessageId; reactions: Array<Reaction>; referral: Referral | null; reply_to: Quote | null; revoked: boolean; wamid: Wamid | null };

export type MessageId = string;

export type NewContent = { body: string; type: 'text' } | { caption?: string | null; media_id: MediaId; type: 'media' } | { emoji?: string | null; message_id: MessageId; type: 'reaction' } | { language: string; name: string; type: 'template'; variables: Array<TemplateVariable> };

export type NewMessage = { content: NewContent; reply_to?: MessageId | null };

export type NumberRef = { display: string; name: string; phone_number_id: PhoneNumberId };

export type NumberView = { display: string; name: string; phone_number_id: PhoneNumberId; waba_id: WabaId };

export type OrderItem = { currency: string; price: string; product: string; quantity: number };

export type Organization = { id: string; name: string };

export type Person = { id: MemberId; name: string };

export type PhoneNumberId = string;

export type Preview = { at: Timestamp; delivery: DeliveryState | null; direction: Direction; kind: ContentKind; message_id: MessageId; snippet: string };

export type Problem = { action?: string | null; code: string; detail: string; status: number; title: string; type: string };

export type Quote = { author: string | null; id: MessageId | null; snippet: string };

export type Reaction = { emoji: string; from: ReactionFrom };

export type ReactionFrom = 'customer' | 'business';

export type ReadUpto = { upto: MessageId };

export type Reason = 'signed_out' | 'slow' | 'draining';

export type Referral = { body: string | null; headline: string | null; source_url: string | null };

export type Resolve = { action: ResolveAction };

export type ResolveAction = 'resend' | 'dismiss';

export type Role = 'owner' | 'admin' | 'supervisor' | 'agent' | 'marketer' | 'analyst' | 'developer' | 'viewer';

export type ServerFrame = { head: number; session: SessionId; type: 'hello' } | { n: number; type: 'tick' } | { conversation_id: ConversationId; n: number; type: 'conversation_hidden' } | { head: number; type: 'head' } | { conversation_id: ConversationId; people: Array<Viewer>; type: 'presence' } | { head: number; type: 'resync' } | { type: 'pong' } | { reason: Reason; type: 'bye' };

export type SessionId = string;

export type SharedContact = { emails: Array<string>; name: string; organization: string | null; phones: Array<string> };

export type StatusName = 'open' | 'closed';

export type Summary = IntakeSummary & { received: number; refused: number };

export type TeamId = string;

export type Template = { body: string; buttons: Array<TemplateButton>; category: string; footer: string | null; header: TemplateHeader | null; language: string; name: string; quality: string; sendable: boolean; status: string; unsendable_reason: string | null; variables: Array<VariableSlot> };

export type TemplateButton = { kind: string; text: string; url: string | null };

export type TemplateContent = { body: string; buttons: Array<string>; category: string; footer: string | null; header: string | null; language: string; name: string; parameters: Array<string> };

export type TemplateHeader = { kind: HeaderKind; text: string | null };

export type TemplateVariable = { index?: number | null; name: string; place: VariablePlace; value: string };

export type TenantId = string;

export type Timestamp = number;

export type VariablePlace = 'header' | 'body' | 'button';

export type VariableSlot = { example: string | null; index: number | null; name: string; place: VariablePlace };

export type Viewer = Person & { typing: boolean };

export type ViewName = 'mine' | 'unassigned' | 'all' | 'closed';

export type WabaId = string;

export type Wamid = string;

export type WebhookDetail = IntakeEntry & { raw: string };
