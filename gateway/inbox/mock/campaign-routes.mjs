import { refuseUnless, shown } from './campaign-parts.mjs';
import { close, isOpen, send } from './campaign-sends.mjs';
import { chosen, withTest, withTestChecked } from './campaign-tests.mjs';
import { invalid } from './refused.mjs';

const DEFAULT_LIMIT = 50;

const may = (call, permission) => {
  call.home.require(call.member, permission);
  return call.world.campaigns;
};

const one = (call, permission) => {
  const campaigns = may(call, permission);
  return [campaigns, campaigns.one(call.params.campaign)];
};

function checked({ name, plan }) {
  if (!name?.trim()) throw invalid('A broadcast needs a name.');
  if (!plan?.numbers?.length) throw invalid('A broadcast needs a number to send from.');
  return { name: name.trim(), plan };
}

const place = (query) => [Number(query.get('cursor') ?? 0), Number(query.get('limit') ?? DEFAULT_LIMIT)];

const control = (name, allowed, phase) => [
  'POST',
  `/campaigns/:campaign/${name}`,
  (call) => {
    const [campaigns, campaign] = one(call, 'campaigns.control');
    refuseUnless(allowed.includes(campaign.phase.kind), 'invalid', 'This broadcast is not running.');
    campaigns.control(campaign, phase(call));
    return { body: shown(campaign) };
  },
];

const personIn = (call) => ({ id: call.member.id, name: call.member.name });
const answered = (call) => ({ by: personIn(call), at: call.world.clock() });

function notOwn(call, { author, editor, approval }) {
  refuseUnless(approval?.kind === 'asked', 'invalid', 'This broadcast does not wait for approval.');
  refuseUnless(
    ![author.id, editor.id, approval.by.id].includes(call.member.id),
    'invalid',
    'Somebody else must approve this: you wrote it, changed it or asked for it.',
  );
}

/** Of the draft as it stands. */
const approval = (name, permission, answer) => [
  'POST',
  `/campaigns/:campaign/${name}`,
  (call) => {
    const [, campaign] = one(call, permission);
    refuseUnless(campaign.phase.kind === 'draft', 'invalid', 'This broadcast was started already.');
    refuseUnless(call.body.revision === campaign.revision, 'conflict', 'Somebody else has changed it.');
    campaign.approval = answer(call, campaign);
    campaign.revision += 1;
    return { body: shown(campaign) };
  },
];

export const campaignRoutes = [
  [
    'GET',
    '/campaigns',
    (call) => {
      const campaigns = may(call, 'campaigns.read');
      const [after, limit] = place(call.query);
      const rows = campaigns.list.slice(after, after + limit).map((campaign) => campaigns.row(campaign));
      return {
        body: { items: rows, next: after + limit < campaigns.list.length ? String(after + limit) : null },
      };
    },
  ],
  [
    'POST',
    '/campaigns',
    (call) => {
      const { name, plan } = checked(call.body);
      return {
        status: 201,
        body: shown(may(call, 'campaigns.write').add(name, plan, call.member.id)),
      };
    },
  ],
  [
    'GET',
    '/campaigns/:campaign',
    (call) => {
      const [campaigns, campaign] = one(call, 'campaigns.read');
      return { body: campaigns.row(campaign) };
    },
  ],
  [
    'PUT',
    '/campaigns/:campaign',
    (call) => {
      const [, campaign] = one(call, 'campaigns.write');
      refuseUnless(campaign.phase.kind === 'draft', 'invalid', 'Only a draft can be changed.');
      refuseUnless(
        call.body.revision === campaign.revision,
        'conflict',
        'Somebody else has saved this draft meanwhile. Nothing of yours was saved.',
      );
      Object.assign(campaign, checked(call.body), {
        revision: campaign.revision + 1,
        editor: personIn(call),
        approval: undefined,
      });
      return { body: shown(campaign) };
    },
  ],
  [
    'DELETE',
    '/campaigns/:campaign',
    (call) => {
      const [campaigns, campaign] = one(call, 'campaigns.write');
      refuseUnless(campaign.phase.kind === 'draft', 'invalid', 'Only a draft can be deleted.');
      refuseUnless(
        Number(call.query.get('revision')) === campaign.revision,
        'conflict',
        'Somebody else has saved this draft meanwhile. Nothing was deleted.',
      );
      campaigns.list = campaigns.list.filter((other) => other !== campaign);
      return { status: 204 };
    },
  ],
  [
    'POST',
    '/campaigns/:campaign/check',
    (call) => {
      // Whoever is to approve sees what would happen.
      const own = call.home.grants(call.member);
      const [campaigns, campaign] = one(
        call,
        own.includes('campaigns.approve') ? 'campaigns.approve' : 'campaigns.write',
      );
      return { body: withTestChecked(campaigns.check(campaign), campaign) };
    },
  ],
  [
    'POST',
    '/campaigns/:campaign/test',
    (call) => {
      const [campaigns, campaign] = one(call, 'campaigns.write');
      refuseUnless(campaign.phase.kind === 'draft', 'invalid', 'This broadcast was started already.');
      const known = campaigns.people().some((one) => one.id === call.body.contact_id);
      refuseUnless(known, 'invalid', 'This person has no conversation with the first number.');
      return { status: 202, body: {} };
    },
  ],
  approval('submit', 'campaigns.write', (call) => ({ kind: 'asked', ...answered(call) })),
  approval('approve', 'campaigns.approve', (call, campaign) => {
    notOwn(call, campaign);
    return { kind: 'given', ...answered(call) };
  }),
  approval('send-back', 'campaigns.approve', (call, campaign) => {
    notOwn(call, campaign);
    return { kind: 'sent_back', note: call.body.note, ...answered(call) };
  }),
  [
    'POST',
    '/campaigns/:campaign/retry',
    (call) => {
      const [campaigns, campaign] = one(call, 'campaigns.control');
      refuseUnless(campaign.phase.kind === 'finished', 'invalid', 'This broadcast has not finished yet.');
      const { class: failed, name } = call.body;
      const audience = {
        kind: 'failed',
        campaign: campaign.id,
        class: failed,
        from: 0,
        until: call.world.clock(),
      };
      const plan = { ...campaign.plan, audience, start_at: null };
      return { body: shown(campaigns.add(name, plan, call.member.id)) };
    },
  ],
  [
    'POST',
    '/campaigns/:campaign/launch',
    (call) => {
      const [campaigns, campaign] = one(call, 'campaigns.launch');
      refuseUnless(
        !call.home.house(call.member).settings.approve_broadcasts || campaign.approval?.kind === 'given',
        'invalid',
        'Somebody else must approve this broadcast before it is started.',
      );
      const { will_be_sent } = withTestChecked(campaigns.check(campaign), campaign);
      refuseUnless(
        call.body.revision === campaign.revision,
        'conflict',
        'Somebody else has saved this draft meanwhile. Nothing was sent.',
      );
      refuseUnless(
        call.body.confirm_recipient_count === will_be_sent,
        'count_changed',
        `It would go to ${will_be_sent} people now. Nothing was sent.`,
      );
      campaigns.launch(campaign, call.member.id);
      campaign.revision += 1;
      return { body: shown(campaign) };
    },
  ],
  control('pause', ['running', 'freezing'], (call) => ({
    kind: 'paused',
    reason: { kind: 'person', by: { id: call.member.id, name: call.member.name } },
  })),
  control('resume', ['paused'], () => ({ kind: 'running' })),
  control('cancel', ['running', 'freezing', 'paused'], (call) => ({
    kind: 'cancelled',
    at: call.world.clock(),
    is_settled: true,
  })),
  [
    'POST',
    '/campaigns/:campaign/finish',
    (call) => {
      const [, campaign] = one(call, 'campaigns.control');
      refuseUnless(isOpen(campaign), 'invalid', 'This broadcast takes nobody more: it was ended.');
      close(campaign);
      return { body: shown(campaign) };
    },
  ],
  [
    'POST',
    '/campaigns/:campaign/sends',
    (call) => {
      const [campaigns, campaign] = one(call, 'campaigns.launch');
      refuseUnless(isOpen(campaign), 'invalid', 'This broadcast takes nobody more: it was ended.');
      const key = call.request.headers['idempotency-key'];
      refuseUnless(key, 'invalid', 'The header Idempotency-Key is missing.');
      const { no, isNew } = send(campaigns, campaign, key);
      const { items } = campaigns.recipients(campaign, null, no, 1);
      return { status: isNew ? 202 : 200, body: { ...items[0], key } };
    },
  ],
  [
    'PUT',
    '/campaigns/:campaign/rate',
    (call) => {
      const [campaigns, campaign] = one(call, 'campaigns.control');
      if (campaign.run) campaigns.settle(campaign);
      campaign.plan = { ...campaign.plan, per_second: call.body.per_second };
      return { body: shown(campaign) };
    },
  ],
  [
    'PUT',
    '/campaigns/:campaign/spend-max',
    (call) => {
      const [campaigns, campaign] = one(call, 'campaigns.control');
      if (campaign.run) campaigns.settle(campaign);
      campaign.plan = { ...campaign.plan, spend_max: call.body.spend_max };
      return { body: shown(campaign) };
    },
  ],
  [
    'PUT',
    '/campaigns/:campaign/lanes',
    (call) => {
      const [, campaign] = one(call, 'campaigns.control');
      const { phone_number_id: number, rests } = call.body;
      refuseUnless(campaign.plan.numbers.includes(number), 'invalid', 'It is not sent from this number.');
      const others = (campaign.launch.resting ?? []).filter((id) => id !== number);
      campaign.launch = { ...campaign.launch, resting: rests ? [...others, number] : others };
      return { body: shown(campaign) };
    },
  ],
  [
    'GET',
    '/campaigns/:campaign/occurrences',
    (call) => {
      const [campaigns, campaign] = one(call, 'campaigns.read');
      const made = campaigns.list.filter((other) => other.launch?.occurrence?.series === campaign.id);
      return { body: { items: made.map((other) => campaigns.row(other)), next: null } };
    },
  ],
  [
    'POST',
    '/campaigns/:campaign/winner',
    (call) => {
      const [, campaign] = one(call, 'campaigns.control');
      chosen(call, campaign);
      return { body: shown(campaign) };
    },
  ],
  [
    'GET',
    '/campaigns/:campaign/progress',
    (call) => {
      const [campaigns, campaign] = one(call, 'campaigns.read');
      return { body: withTest(campaigns.progress(campaign), campaign) };
    },
  ],
  [
    'GET',
    '/campaigns/:campaign/recipients',
    (call) => {
      const [campaigns, campaign] = one(call, 'campaigns.read');
      const [after, limit] = place(call.query);
      return { body: campaigns.recipients(campaign, call.query.get('class'), after, limit) };
    },
  ],
  [
    'GET',
    '/campaigns/:campaign/recipients.csv',
    (call) => {
      const [campaigns, campaign] = one(call, 'contacts.export');
      const { items } = campaigns.recipients(campaign, null, 0, 1_000);
      const lines = items.map((row) => [row.no, row.contact.name ?? '', row.class].join(','));
      call.home.audit(
        call.home.house(call.member),
        call.member,
        call.request,
        'campaign.exported',
        campaign.id,
      );
      return {
        bytes: Buffer.from(['no,name,class', ...lines].join('\r\n')),
        mime: 'text/csv; charset=utf-8',
        attachment: `broadcast-${campaign.id}.csv`,
      };
    },
  ],
];
