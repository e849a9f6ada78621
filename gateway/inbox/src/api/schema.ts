// Generated from openapi.json by `npm run types`. Do not edit.

export type Access = { allowed: boolean; because: string; permission: string };

export type ActionKind = 'subscribe' | 'replace_token' | 'check_again' | 'app';

export type Alert = { action: string | null; at: Timestamp; effect: string; id: AlertId; kind: AlertKind; phone_number_id: PhoneNumberId | null; severity: Severity; title: string };

export type AlertId = string;

export type AlertKind = 'quality' | 'limit' | 'throughput' | 'restriction' | 'violation' | 'banned' | 'disconnected' | 'review' | 'display_name' | 'template' | 'token' | 'subscription' | 'security' | 'notice';

export type ApiKeyId = string;

export type ApiKeyView = { created_at: Timestamp; created_by: string; expires_at: Timestamp | null; id: ApiKeyId; last_used_at: Timestamp | null; name: string; permissions: Array<string> };

export type ApiKeyWithText = ApiKeyView & { key: string };

export type AppChange = { app_secret?: string | null; verify_token?: string | null };

export type Approval = { at: Timestamp; by: Person; kind: 'asked' } | { at: Timestamp; by: Person; kind: 'given' } | { at: Timestamp; by: Person; kind: 'sent_back'; note: string };

export type AppSettings = { callback_url: string; has_secret: boolean; verify_token: string };

export type AsSeen = { revision: number };

export type Audience = { kind: 'everyone' } | { ids: Array<ContactId>; kind: 'contacts' } | { id: SegmentId; kind: 'segment' } | FailedOf & { kind: 'failed' } | ReachedOf & { kind: 'reached' } | { kind: 'triggered' };

export type AuditActorView = { id: string | null; kind: string; name: string };

export type AuditView = { action: string; actor: AuditActorView; at: Timestamp; browser: string | null; details: Record<string, string>; device: string | null; ip: string | null; n: number; target: string | null };

export type Bsuid = string;

export type ButtonAction = { kind: 'QUICK_REPLY' } | { kind: 'URL'; url: string } | { kind: 'PHONE_NUMBER'; phone_number: string } | { kind: 'COPY_CODE' } | { apps: Array<OtpApp>; autofill_text: string | null; kind: 'OTP'; otp: OtpKind; terms_accepted: boolean } | { flow_action: string | null; flow_id: string | null; kind: 'FLOW'; screen: string | null } | { kind: 'CATALOG' } | { kind: 'MPM' } | { kind: 'SPM' } | { kind: 'VOICE_CALL' } | { kind: 'REQUEST_CONTACT_INFO' } | { kind: 'OTHER'; name: string };

export type Campaign = { approval: Approval | null; author: Person; created_at: Timestamp; editor: Person; id: CampaignId; launch: Launch | null; name: string; phase: Phase; plan: Plan; revision: number };

export type CampaignCap = { days: number; messages: number };

export type CampaignCheck = { audience: number; cost: Estimate; days: number; duration_seconds: number; findings: Array<Finding>; finishes_at: Timestamp; lanes: Array<CheckedLane>; later: number; over_tier: number; people_a_day: number | null; samples: Array<Sample>; skipped: Record<string, number>; test: CheckedTest | null; will_be_sent: number };

export type CampaignId = string;

export type CampaignMessage = { campaign: CampaignName | null; message: Message };

export type CampaignName = { id: CampaignId; name: string };

export type CampaignRow = { campaign: Campaign; counts: Counts };

export type CardContent = { body: string; buttons: Array<string>; header: string | null };

export type Census = { contacts: number; parts: Array<number>; reach: Reach };

export type Change = { assignee_id?: string | null; status?: StatusName | null; team_id?: string | null };

export type Channel = { display: string; last_webhook_at: Timestamp | null; name: string; phone_number_id: PhoneNumberId; portfolio: string; quality: string | null; state: CheckState; throughput: number; tier: string | null; token_hint: string; waba_id: WabaId };

export type ChannelChange = { name?: string | null; token?: string | null };

export type Check = { action: CheckAction | null; by_hand: string; check: CheckName; effect: string; state: CheckState; title: string };

export type CheckAction = { kind: ActionKind; label: string };

export type CheckedLane = { name: string; per_second: number; phone_number_id: string; quality: string | null };

export type CheckedTest = { variants: Array<CheckedVariant>; waiting: number };

export type CheckedVariant = { language: string; people: number; template: string; variant: Letter };

export type CheckName = 'token' | 'scopes' | 'subscription' | 'webhook_round_trip' | 'health' | 'quality' | 'tier' | 'throughput' | 'templates';

export type CheckRequest = { repair?: Repair | null };

export type CheckState = 'fine' | 'to_do' | 'broken';

export type ChoiceKind = 'button' | 'list' | 'template_button' | 'flow' | 'call_permission' | 'product' | 'other';

export type ChosenWinner = { revision: number; variant: Letter };

export type ClientFrame = { conversation_id?: ConversationId | null; type: 'view' } | { conversation_id: ConversationId; type: 'typing'; typing: boolean } | { campaign_id?: CampaignId | null; type: 'watch_campaign' } | { type: 'ping' };

export type ClientKey = string;

export type Code = { code: string };

export type Column = 'skip' | 'phone' | 'name' | 'language' | 'tags' | 'marketing' | { field: FieldKey };

export type Condition = { any_of: Array<string>; on: 'country' } | { any_of: Array<string>; on: 'language' } | { any_of: Array<Tag>; on: 'tag' } | { key: FieldKey; on: 'field'; test: FieldTest } | { any_of: Array<MarketingState>; on: 'marketing' } | { on: 'last_message'; when: When } | { on: 'created'; when: When } | { any_of: Array<IdentityKind>; on: 'identity' } | { any_of: Array<ImportId>; on: 'import' } | { contains: string; on: 'name' } | { is: boolean; on: 'undeliverable' };

export type Confirmations = { enabled: boolean; texts?: Record<string, ConfirmationTexts> };

export type ConfirmationTexts = { opted_in: string; opted_out: string };

export type Consent = { state: 'not_asked' } | { at: Timestamp; since: Timestamp; source: ConsentSource; state: 'opted_in' } | { at: Timestamp; since: Timestamp; source: ConsentSource; state: 'opted_out' };

export type ConsentEntry = { at: Timestamp; by?: Person | null; contact_id: ContactId; id: ConsentId; opted: Opted; source: ConsentSource; text?: string | null };

export type ConsentId = string;

export type ConsentSource = 'keyword' | 'button' | 'user_preferences' | 'member' | 'import' | 'refused';

export type Contact = { bsuid?: Bsuid | null; country?: string | null; created_at?: Timestamp | null; fields?: Record<string, FieldValue>; id: ContactId; imports?: Array<ImportId>; is_named?: boolean; language?: string | null; last_message_on?: Day | null; marketing?: Consent; merged?: Array<Merge>; name?: string | null; phone?: string | null; tags?: Array<Tag>; undeliverable_since?: Timestamp | null; username?: string | null };

export type ContactChange = { add_tags?: Array<Tag>; fields?: Record<string, FieldValue>; language?: string | null; name?: string | null; remove_fields?: Array<FieldKey>; remove_tags?: Array<Tag> };

export type ContactDetail = Contact & { conversations: Array<Conversation> };

export type ContactField = 'name' | 'first_name' | 'username' | 'phone' | 'country';

export type ContactId = string;

export type ContactRow = Contact & { newest: NewestConversation | null };

export type ContactSearch = { after?: string | null; limit?: number | null; text?: string | null; tree?: Node };

export type ContactSettings = { confirmations: Confirmations; fields: Array<FieldDefinition> };

export type ContactSettingsChange = { confirmations?: Confirmations | null; fields?: Array<FieldDefinition> | null };

export type Content = { body: string; type: 'text' } | { caption: string | null; media: Media; type: 'image' } | { caption: string | null; media: Media; type: 'video' } | { media: Media; type: 'audio'; voice: boolean } | { caption: string | null; media: Media; type: 'document' } | { animated: boolean; media: Media; type: 'sticker' } | { address: string | null; latitude: number; longitude: number; name: string | null; type: 'location'; url: string | null } | { contacts: Array<SharedContact>; type: 'contacts' } | { description: string | null; id: string | null; kind: ChoiceKind; title: string; type: 'choice' } | { catalog_id: string; items: Array<OrderItem>; text: string | null; type: 'order' } | TemplateContent & { type: 'template' } | { emoji: string | null; target: string | null; type: 'reaction' } | { body: string; kind: string; type: 'system' } | { code: number | null; detail: string | null; kind: string | null; type: 'unsupported' };

export type ContentKind = 'text' | 'image' | 'video' | 'audio' | 'document' | 'sticker' | 'location' | 'contacts' | 'choice' | 'order' | 'template' | 'reaction' | 'system' | 'unsupported';

export type Conversation = { assignee?: Person | null; contact: Contact; id: ConversationId; last_activity_at: Timestamp; number: NumberRef; preview?: Preview | null; revision: number; status: ConversationStatus; team?: TeamId | null; unread: number; window_until?: Timestamp | null };

export type ConversationCounts = { all: number; closed: number; mine: number; mine_unread: number; unassigned: number };

export type ConversationId = string;

export type ConversationStatus = 'open' | 'snoozed' | 'closed';

export type Cost = { billed: Array<Money>; expected: Array<Money>; per_reply: Array<Money>; rows: Array<CostRow>; unpriced: number };

export type CostRow = { category: PriceCategory; cost: Array<Money>; country: string | null; kind: PriceKind; people: number };

export type CountryFigures = { clicked: number; cost: Array<Money>; country: string | null; delivered: number; failed: number; opted_out: number; people: number; read: number; replied: number; sent: number };

export type Counts = { clicked: number; delivered: number; failed: number; held: number; opted_out: number; parked: number; read: number; replied: number; sent: number; total: number; under_way: number; unknown: number; waiting: number };

export type Credentials = { code?: string | null; email: string; organization_id?: string | null; password: string };

export type Day = string;

export type Deactivation = { hand_over_to?: Successor | null };

export type Delivery = { accepted_at: Timestamp | null; delivered_at: Timestamp | null; doubted_at: Timestamp | null; failed_at: Timestamp | null; failure: Failure | null; played_at: Timestamp | null; queued_at: Timestamp; read_at: Timestamp | null; sent_at: Timestamp | null; state: DeliveryState };

export type DeliveryState = 'queued' | 'sent' | 'delivered' | 'read' | 'played' | 'failed' | 'unknown';

export type DemoChoice = { member_id: MemberId };

export type DemoDoor = { organizations: Array<DemoOrganization>; people: Array<DemoPerson> };

export type DemoOrganization = { about: string; id: TenantId; name: string };

export type DemoPerson = { about: string; member_id: MemberId; name: string; organization_id: TenantId; role: Role; try: string };

export type Direction = 'in' | 'out';

export type EditedCampaign = { name: string; plan: Plan; revision: number };

export type Enrolment = { qr_svg: string; secret: string; uri: string };

export type Estimate = { free_when: Array<FreeWhen>; rows: Array<EstimateRow>; totals: Array<Money>; unpriced: number };

export type EstimateRow = { category: PriceCategory; cost: Money | null; country: string | null; people: number; price: Money | null; since: string | null };

export type EventBody = { conversation: Conversation; message: Message; type: 'message_added' } | { conversation: Conversation; message: Message; type: 'message_changed' } | { conversation: Conversation; type: 'conversation_changed' };

export type EventFrame = EventBody & { n: number };

export type Evidence = 'more_than_chance' | 'may_be_chance' | 'not_enough';

export type FailedOf = { campaign: CampaignId; class: FailureClass; from: Timestamp; until: Timestamp };

export type Failure = { action: FailureAction | null; code: number | null; text: string };

export type FailureAction = 'retry' | 'retry_later' | 'use_template' | 'fix_number' | 'fix_content' | 'fix_account' | 'wait_for_opt_in' | 'wait_for_cap' | 'none';

export type FailureClass = 'try_later' | 'person_limit' | 'permanent' | 'our_mistake' | 'opted_out' | 'capped';

export type FailureGroup = { class: FailureClass; code: number; people: number; text: string };

export type FieldDefinition = { key: FieldKey; kind: FieldKind; name: string };

export type FieldKey = string;

export type FieldKind = 'text' | 'number' | 'date' | 'yes_no';

export type FieldTest = { known: boolean } | { is: FieldValue } | { at_least: FieldValue } | { at_most: FieldValue } | { contains: string };

export type FieldValue = { kind: 'text'; value: string } | { kind: 'number'; value: Number } | { kind: 'date'; value: Day } | { kind: 'yes_no'; value: boolean };

export type Finding = { key: string; severity: FindingSeverity; text: string; values: Record<string, string> };

export type FindingSeverity = 'must_fix' | 'look_at' | 'passed';

export type FreeWhen = 'window' | 'free_entry_point';

export type Frozen = { after: string | null; count: number; is_whole: boolean; skipped: Record<string, number> };

export type FrozenProgress = { count: number; is_whole: boolean };

export type Gap = { evidence: Evidence; rate: number };

export type Handing = { password: string; to: MemberId };

export type Happening = { at: Timestamp; what: What };

export type HeaderKind = 'text' | 'image' | 'video' | 'document' | 'location' | 'product';

export type HourPoint = { at: Timestamp; delivered: number; read: number; replied: number };

export type IdentityKind = 'phone' | 'bsuid' | 'username';

export type Import = { by: Person; changed: number; created: number; file_name: string; id: ImportId; left: number; mapping: Mapping; rejected: number; rows: number; stage: ImportStage; unchanged: number; uploaded_at: Timestamp };

export type ImportId = string;

export type ImportProgress = { changed: number; created: number; left: number; rejected: number; rows: number; unchanged: number };

export type ImportReport = { examples: Array<RejectedRow>; fixed: number; reasons: Record<string, number>; rejected: number; rows: number; valid: number };

export type ImportStage = 'uploaded' | 'running' | 'done' | 'undoing' | 'undone';

export type ImportView = Import & { progress: ImportProgress | null };

export type IntakeEntry = { attempts: number; conversation_id: ConversationId | null; error: string | null; field: string; id: IntakeId; kind: string; outcome: IntakeOutcome; phone_number_id: PhoneNumberId | null; processed_at: Timestamp | null; received_at: Timestamp; size: number };

export type IntakeId = string;

export type IntakeOutcome = 'stored' | 'processed' | 'duplicate' | 'quarantined';

export type IntakeSummary = { duplicate: number; processed: number; quarantined: number; stored: number };

export type InvitationDoor = { email: string; has_account: boolean; organization: string; role: RoleRef };

export type InvitationId = string;

export type InvitationView = { email: string; expires_at: Timestamp; id: InvitationId; invited_by: string; role: RoleRef; teams: Array<Team> };

export type InvitationWithLink = InvitationView & { link: string };

export type Join = { code?: string | null; name?: string | null; password: string };

export type KeptTemplate = Template & { id: TemplateId; news_at: Timestamp | null; revision: number; waba: WabaId; written_at: Timestamp };

export type LaneChange = { phone_number_id: PhoneNumberId; rests: boolean };

export type LaneProgress = { allowed_per_second: number; done: number; name: string; note: string | null; phone_number_id: string; rests: boolean; sent_per_second: number; state: LaneStanding; until: Timestamp | null; waiting: number };

export type LaneStanding = 'running' | 'slower' | 'asleep' | 'day_is_full' | 'portfolio_is_full' | 'paused' | 'idle';

export type Launch = { at: Timestamp; by: Person; files: Array<Media>; forgiven: Outcomes; frozen: Frozen; marks: Array<Mark>; occurrence: OccurrenceOf | null; others: Array<Template>; resting: Array<number>; retries: Array<Retry>; sampled_at: Timestamp | null; series: Series | null; template: Template; tree: Node | null; winner: Winner | null };

export type Launching = { confirm_recipient_count: number; revision: number };

export type Left = 'name' | 'username' | 'phone' | 'bsuid' | 'language' | 'marketing' | { field: FieldKey };

export type Letter = 'A' | 'B' | 'C' | 'D';

export type LimitedTimeOffer = { has_expiration: boolean; text: string };

export type LintFinding = { place: string; severity: LintSeverity; text: string };

export type LintSeverity = 'warning' | 'error';

export type LoginCode = { expires_minutes: number | null; security_recommendation: boolean };

export type Mapping = { columns: Array<Column>; country: string | null; tags: Array<Tag> };

export type Mark = { at: Timestamp; begun: number };

export type MarketingState = 'not_asked' | 'opted_in' | 'opted_out';

export type Me = { account: MeAccount; demo: boolean; member: MeMember; must_enroll_second_factor: boolean; numbers: Array<NumberView>; organization: MeOrganization; organizations: Array<MySeat>; permissions: Array<string>; preferences: {  } };

export type MeAccount = { email: string; name: string; phone: string | null; second_factor: MeSecondFactor };

export type Measure = 'read' | 'replied';

export type MeChange = { email?: string | null; name?: string | null; password?: string | null; phone?: string | null };

export type Media = { filename: string | null; id: MediaId; mime: string; reason: string | null; size: number | null; state: MediaState };

export type MediaId = string;

export type MediaState = 'pending' | 'ready' | 'failed';

export type MemberChange = { name?: string | null; role?: RoleId | null; teams?: Array<string> | null };

export type MemberId = string;

export type MemberStatusName = 'active' | 'deactivated';

export type MemberView = { email?: string | null; id: MemberId; last_seen_at?: Timestamp | null; name: string; open_conversations?: number | null; role: RoleRef; second_factor?: boolean | null; service: boolean; status: MemberStatusName; teams: Array<Team> };

export type MeMember = { email: string; id: MemberId; name: string; role: RoleRef; teams: Array<TeamRef> };

export type MeOrganization = { approve_broadcasts: boolean; id: string; mask_phones: boolean; name: string; require_second_factor: boolean };

export type Merge = { at: Timestamp; bsuid?: Bsuid | null; by: Person; contact: ContactId; name?: string | null; phone?: string | null; with?: Array<ContactId> };

export type MergePreview = { kept: Contact; merged: Contact; other: Contact };

export type MergeWish = { other_id: string };

export type MeSecondFactor = { enabled: boolean; recovery_codes_left: number };

export type Message = { at: Timestamp; author?: Person | null; client_id?: ClientKey | null; content: Content; conversation_id: ConversationId; delivery?: Delivery | null; direction: Direction; edited?: boolean; forwarded?: boolean; id: MessageId; reactions: Array<Reaction>; referral?: Referral | null; reply_to?: Quote | null; revoked?: boolean; wamid?: Wamid | null };

export type MessageId = string;

export type MetaTemplateId = string;

export type Money = { currency: string; micros: number };

export type MySeat = { id: string; name: string; role: RoleRef };

export type NewApiKey = { expires_at?: Timestamp | null; name: string; permissions: Array<string> };

export type NewCampaign = { name: string; plan: Plan };

export type NewChannel = { name: string; phone_number_id: PhoneNumberId; portfolio?: string | null; token: string; waba_id: WabaId };

export type NewConsent = { evidence: string; opted: Opted };

export type NewContact = { fields?: Record<string, FieldValue>; language?: string | null; name?: string | null; phone: string; tags?: Array<Tag> };

export type NewContent = { body: string; type: 'text' } | { caption?: string | null; media_id: MediaId; type: 'media' } | { emoji?: string | null; message_id: MessageId; type: 'reaction' } | { language: string; name: string; type: 'template'; variables: Array<TemplateVariable> };

export type NewestConversation = { assignee: Person | null; id: ConversationId; window_until: Timestamp | null };

export type NewInvitation = { email: string; role: RoleId; teams?: Array<string> };

export type NewMessage = { content: NewContent; reply_to?: MessageId | null };

export type NewOrganization = { email: string; name: string; organization: string; password: string };

export type NewPassword = { password: string };

export type NewRate = { per_second: number | null };

export type NewSend = { contact_id: ContactId | null; phone: string | null; variables: Record<string, string> };

export type NewSpendMax = { spend_max: Money | null };

export type NewTemplate = TemplateDraft & { phone_number_id: string };

export type Node = { all: Array<Node> } | { any: Array<Node> } | { not: Node } | { is: Condition };

export type Note = { at: Timestamp; by: Person; contact_id: ContactId; edited_at?: Timestamp | null; id: NoteId; text: string };

export type NoteId = string;

export type NoteText = { text: string };

export type Number = number;

export type NumberRef = { display: string; name: string; phone_number_id: PhoneNumberId };

export type NumberView = { display: string; name: string; per_day: number | null; phone_number_id: PhoneNumberId; waba_id: WabaId };

export type OccurrenceOf = { confirmed: number; due: Timestamp; nth: number; series: CampaignId };

export type Opted = 'in' | 'out';

export type OrderItem = { currency: string; price: string; product: string; quantity: number };

export type OrganizationChange = { approve_broadcasts?: boolean | null; audit_days?: number | null; campaign_cap?: CampaignCap | null; locale?: string | null; mask_phones?: boolean | null; name?: string | null; require_second_factor?: boolean | null; session_hours?: number | null };

export type OrganizationView = { approve_broadcasts: boolean; audit_days: number; campaign_cap: CampaignCap | null; id: TenantId; locale: string; mask_phones: boolean; name: string; require_second_factor: boolean; session_hours: number };

export type OtpApp = { package_name: string; signature_hash: string };

export type OtpKind = 'COPY_CODE' | 'ONE_TAP' | 'ZERO_TAP';

export type Outcomes = { failed: number; of: number };

export type PacePoint = { allowed: number; at: Timestamp; sent: number };

export type Parting = { contact: Contact; left: Array<Left>; other: Contact };

export type PasswordAndCode = { code: string; password: string };

export type PasswordChange = { current: string; new: string };

export type PauseReason = { by: Person; kind: 'person' } | { code: number | null; kind: 'refused'; text: string } | { kind: 'template'; status: TemplateStatus } | { failed: number; kind: 'failures'; of: number } | { category: TemplateCategory; kind: 'category' } | { kind: 'spent'; max: Money; spent: Money } | { confirmed: number; kind: 'grown'; people: number };

export type PermissionView = { description: string; group: string; key: string };

export type Person = { id: MemberId; name: string };

export type Phase = { kind: 'draft' } | { kind: 'freezing' } | { kind: 'running' } | { kind: 'paused'; reason: PauseReason } | { at: Timestamp; is_settled: boolean; kind: 'cancelled' } | { at: Timestamp; kind: 'finished' };

export type PhoneNumberId = string;

export type Plan = { audience: Audience; hold_out: number | null; language: string; numbers: Array<PhoneNumberId>; opted_in_only: boolean; per_day: number | null; per_second: number | null; quiet: QuietHours | null; repeat: Repeat | null; same_language: boolean; spend_max: Money | null; start_at: Timestamp | null; start_is_local: boolean; stop: StopRule | null; template: string; test: VariantTest | null; variables: Array<VariableSource>; zone: string | null };

export type Preview = { at: Timestamp; delivery?: DeliveryState | null; direction: Direction; kind: ContentKind; message_id: MessageId; snippet: string };

export type PriceCategory = 'marketing' | 'marketing_lite' | 'utility' | 'authentication' | 'authentication_international' | 'service' | 'referral_conversion' | 'other';

export type PriceKind = 'regular' | 'free_customer_service' | 'free_entry_point' | 'free_group' | 'exempt' | 'other_free' | 'other_billed';

export type Problem = { action?: string | null; code: string; detail: string; status: number; title: string; type: string };

export type ProductSection = { products: Array<string>; title: string };

export type Progress = { cost: Cost; countries: Array<CountryFigures>; counts: Counts; ended_at: Timestamp | null; eta_seconds: number | null; failures: Array<FailureGroup>; frozen: FrozenProgress; history: Array<PacePoint>; hours: Array<HourPoint>; lanes: Array<LaneProgress>; phase: Phase; replies: Replies; revision: number; skipped: Record<string, number>; started_at: Timestamp | null; test: TestReport | null };

export type QuietHours = { from: number; to: number };

export type Quote = { author: string | null; id: MessageId | null; snippet: string };

export type Reach = { can_get_marketing: number; no_consent: number; opted_out: number; other: number; people: number };

export type ReachedOf = { campaign: CampaignId; who: Silent };

export type Reaction = { emoji: string; from: ReactionFrom };

export type ReactionFrom = 'customer' | 'business';

export type ReadUpto = { upto: MessageId };

export type Reason = 'signed_out' | 'no_access' | 'slow' | 'draining';

export type RecipientContact = { id: ContactId; name: string | null; phone: string | null };

export type RecipientView = { class: string; clicked_at: Timestamp | null; contact: RecipientContact; country: string | null; delivery: Delivery; is_sample: boolean | null; key: ClientKey | null; lane: number; no: number; opted_out_at: Timestamp | null; price_category: PriceCategory | null; price_kind: PriceKind | null; replied_at: Timestamp | null; variant: Letter | null };

export type RecoveryCodes = { recovery_codes: Array<string> };

export type Referral = { body: string | null; headline: string | null; source_url: string | null };

export type RejectedRow = { line: number; reason: string };

export type Repair = 'subscribe';

export type Repeat = { at: number; on: RepeatOn; times: number | null; until: Timestamp | null };

export type RepeatOn = { kind: 'every_day' } | { days: Array<number>; kind: 'weekdays' } | { day: number; kind: 'month_day' };

export type Replies = { stopped: number; tapped: number; wrote: number };

export type ResetLink = { expires_at: Timestamp; link: string };

export type ResetView = { email: string };

export type ResetWish = { email: string };

export type Resolve = { action: ResolveAction };

export type ResolveAction = 'resend' | 'dismiss';

export type Retry = { by: CampaignId; class: FailureClass; until: Timestamp };

export type Retrying = { class: FailureClass; name: string };

export type Revealed = { phone: string | null; wa_id: string | null };

export type Role = 'owner' | 'admin' | 'supervisor' | 'agent' | 'marketer' | 'analyst' | 'developer' | 'viewer';

export type RoleContent = { description?: string; name: string; permissions: Array<string> };

export type RoleId = string;

export type RoleRef = { id: string; name: string };

export type RoleView = { description: string; id: RoleId; is_default: boolean; is_fixed: boolean; members: number; name: string; permissions: Array<string> };

export type Sample = { contact_id: ContactId; content: TemplateContent; name: string | null; variant: Letter | null };

export type Segment = { id: SegmentId; name: string; saved_at: Timestamp; tree: Node };

export type SegmentContent = { name: string; tree: Node };

export type SegmentCount = Census & { took_ms: number };

export type SegmentId = string;

export type SegmentQuestion = { tree: Node };

export type SendingBack = { note: string; revision: number };

export type Series = { confirmed: number; last: Timestamp | null; left_out: number; made: number; next: Timestamp | null };

export type ServerFrame = { head: number; session: SessionId; type: 'hello' } | { n: number; type: 'tick' } | { conversation_id: ConversationId; n: number; type: 'conversation_hidden' } | { head: number; type: 'head' } | { conversation_id: ConversationId; people: Array<Viewer>; type: 'presence' } | { head: number; type: 'resync' } | { campaign_id: CampaignId; progress: Progress; type: 'campaign_progress' } | { type: 'alerts_changed' } | { type: 'pong' } | { type: 'permissions_changed' } | { type: 'signed_out' } | { reason: Reason; type: 'bye' };

export type SessionId = string;

export type SessionView = { browser: string; created_at: Timestamp; current: boolean; device: string; expires_at: Timestamp; id: SessionId; ip: string; last_seen_at: Timestamp };

export type Severity = 'info' | 'warning' | 'critical';

export type Share = { behind: Gap | null; rate: number };

export type SharedContact = { emails: Array<string>; name: string; organization: string | null; phones: Array<string> };

export type SignUpDoor = { open: boolean };

export type Silent = 'not_read' | 'not_replied';

export type Source = { kind: 'text'; text: string } | { kind: 'value'; value: TemplateValue } | { field: ContactField; kind: 'contact' } | { kind: 'given' };

export type StatusName = 'open' | 'closed';

export type StopRule = { after: number; failed_percent: number };

export type Successor = { member: MemberId } | { team: TeamId };

export type Summary = IntakeSummary & { received: number; refused: number };

export type Switch = { organization_id: string };

export type Tag = string;

export type TagCount = { contacts: number; tag: Tag };

export type Team = { id: TeamId; name: string };

export type TeamContent = { members?: Array<string>; name: string };

export type TeamId = string;

export type TeamRef = { id: string; name: string };

export type TeamView = { id: TeamId; members: Array<MemberId>; name: string };

export type Template = TemplateParts & { category: TemplateCategory; language: string; meta_id: MetaTemplateId | null; name: string; quality: TemplateQuality; reason: string | null; status: TemplateStatus };

export type TemplateButton = ButtonAction & { text: string };

export type TemplateCard = { body: string; buttons: Array<TemplateButton>; header: TemplateHeader | null };

export type TemplateCategory = 'MARKETING' | 'UTILITY' | 'AUTHENTICATION' | 'UNKNOWN';

export type TemplateContent = { body: string; buttons: Array<string>; cards: Array<CardContent>; category: string; footer: string | null; header: string | null; language: string; name: string; parameters: Array<string> };

export type TemplateDraft = TemplateParts & { category: TemplateCategory; language: string; name: string };

export type TemplateEdit = TemplateParts & { category: TemplateCategory; revision: number };

export type TemplateEntry = KeptTemplate & { sendable: boolean; unsendable_reason: string | null; variables: Array<VariableSlot> };

export type TemplateExample = { card: number | null; index: number | null; name: string; place: VariablePlace; value: string };

export type TemplateHeader = { kind: HeaderKind; text: string | null };

export type TemplateId = string;

export type TemplateLocation = { address: string; latitude: number; longitude: number; name: string };

export type TemplateParts = { body: string; buttons: Array<TemplateButton>; cards: Array<TemplateCard>; examples: Array<TemplateExample>; footer: string | null; header: TemplateHeader | null; login_code: LoginCode | null; offer: LimitedTimeOffer | null; unknown: Array<string> };

export type TemplateQuality = 'GREEN' | 'YELLOW' | 'RED' | 'UNKNOWN';

export type TemplateStatus = 'DRAFT' | 'APPROVED' | 'PENDING' | 'IN_APPEAL' | 'REJECTED' | 'PAUSED' | 'DISABLED' | 'LOCKED' | 'LIMIT_EXCEEDED' | 'ARCHIVED' | 'PENDING_DELETION' | 'DELETED' | 'UNKNOWN';

export type TemplateSync = { phone_number_id: string };

export type TemplateValue = string | { filename?: string | null; media_id: MediaId } | { filename?: string | null; link: string } | TemplateLocation | { expires_at: Timestamp } | { data?: {  } | null; flow_token: string } | { catalog_id: string; product_id: string } | { sections: Array<ProductSection>; thumbnail: string };

export type TemplateVariable = { card?: number | null; index?: number | null; name: string; place: VariablePlace; value: TemplateValue };

export type TenantId = string;

export type TestReport = { due_at: Timestamp | null; held_out: number; rest: VariantFigures | null; sampled_at: Timestamp | null; variants: Array<VariantReport>; waiting: number; winner: Winner | null };

export type Timestamp = number;

export type Trying = { contact_id: ContactId; variables: Record<string, string>; variant: Letter | null };

export type Uploaded = { headings: Array<string>; import: Import; rows: Array<Array<string>> };

export type ValueKind = 'text' | 'url_suffix' | 'image' | 'video' | 'document' | 'location' | 'product' | 'products' | 'coupon_code' | 'login_code' | 'payload' | 'flow' | 'thumbnail' | 'expiry';

export type VariablePlace = 'header' | 'body' | 'button' | 'offer';

export type VariableSlot = { card: number | null; example: string | null; index: number | null; kind: ValueKind; name: string; place: VariablePlace; required: boolean };

export type VariableSource = { card: number | null; fallback: string | null; index: number | null; name: string; place: VariablePlace; source: Source };

export type Variant = { language: string; template: string; variables: Array<VariableSource> };

export type VariantFigures = { delivered: number; failed: number; people: number; read: number; replied: number; sent: number };

export type VariantReport = { figures: VariantFigures; language: string; read: Share; replied: Share; template: string; variant: Letter };

export type VariantTest = { others: Array<Variant>; sample: number; winner: WinnerRule };

export type Viewer = Person & { typing: boolean };

export type ViewName = 'mine' | 'unassigned' | 'all' | 'closed';

export type WabaId = string;

export type Wamid = string;

export type WebhookDetail = IntakeEntry & { raw: string };

export type What = { kind: 'created' } | { file_name: string; import: ImportId; kind: 'imported' } | { entry: ConsentEntry; kind: 'consent' } | { kind: 'note'; note: Note } | { kind: 'merged'; merge: Merge } | { by: Person; fields: Array<string>; kind: 'edited'; language: boolean; name: boolean; tags_added: Array<Tag>; tags_removed: Array<Tag> } | { campaign: CampaignId; kind: 'campaign'; name: string; state: DeliveryState };

export type When = { within_days: number } | { before_days: number } | 'never';

export type Winner = { at: Timestamp; figures: Array<VariantFigures>; reason: WinnerReason; variant: Letter };

export type WinnerReason = { kind: 'best' } | { kind: 'tie' } | { kind: 'nobody_did' } | { by: Person; kind: 'person' };

export type WinnerRule = { kind: 'person' } | { after_minutes: number; by: Measure; kind: 'best' };
