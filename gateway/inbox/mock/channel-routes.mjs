// Numbers and what the doctor finds about them.
import { token } from './installation.mjs';
import { numbers } from './people.mjs';
import { invalid, missing, Refused } from './refused.mjs';

const FINE = {
  token: 'Access token is valid',
  scopes: 'Token has every scope it needs',
  subscription: 'Webhooks are subscribed',
  webhook_round_trip: 'Webhook answers, round trip in 6 ms',
  health: 'Number is registered and can send',
  quality: 'Quality is High',
  tier: 'Limit is 100,000 people per day',
  throughput: 'Pace is 80 messages per second',
  templates: 'Template list is in sync',
};
const fine = () =>
  Object.entries(FINE).map(([check, title]) => ({
    check,
    state: 'fine',
    title,
    effect: '',
    action: null,
    by_hand: '',
  }));

const STORE = {
  subscription: {
    state: 'broken',
    title: 'Webhook field “message_template_status_update” is not subscribed',
    effect: 'A template that WhatsApp pauses goes on being offered here. No message of a customer is missed.',
    action: { label: 'Subscribe now', kind: 'subscribe' },
    by_hand:
      'curl -X POST "https://graph.facebook.com/v24.0/102290129340398/subscribed_apps" -H "Authorization: Bearer <token>"',
  },
  quality: {
    state: 'to_do',
    title: 'Quality fell to Medium',
    effect:
      'Most blocks came from template “flash_sale_weekend”. Below Medium, WhatsApp lowers the daily limit.',
    action: { label: 'Check again', kind: 'check_again' },
    by_hand:
      'Pause the template in WhatsApp Manager, Message templates, and send to people active within 30 days.',
  },
  token: {
    state: 'to_do',
    title: 'Access token expires in 9 days',
    effect: 'On 2 Dec sending stops. Receiving goes on. A system user token does not expire.',
    action: { label: 'Replace token', kind: 'replace_token' },
    by_hand:
      'Business settings, Users, System users: generate a token with whatsapp_business_messaging and whatsapp_business_management, without expiry.',
  },
  tier: { title: 'Limit is 10,000 people per day' },
  throughput: { title: 'Pace is 80 messages per second' },
};
const LOST = {
  token: {
    state: 'broken',
    title: 'WhatsApp refuses the access token (190)',
    effect:
      'Nothing is sent from this number. 0 messages are lost: what is written waits in its conversation.',
    action: { label: 'Replace token', kind: 'replace_token' },
    by_hand: 'Business settings, Users, System users: generate a new token and paste it here.',
  },
};

const found = (changes) => fine().map((one) => ({ ...one, ...changes[one.check] }));

export class Channels {
  constructor(organizationId, now) {
    const made = numbers[organizationId] ?? [];
    this.list = made.map((number, index) => ({
      ...number,
      quality: index === 1 ? 'YELLOW' : 'GREEN',
      portfolio: 'default',
      tier: index === 1 ? 'TIER_10K' : 'TIER_100K',
      throughput: 80,
      state: index === 1 ? 'broken' : 'fine',
      last_webhook_at: now - (index * 47 + 4) * 1000,
      token_hint: ['4e1a', '9f2c', '77b0'][index] ?? '0000',
    }));
    this.checks = new Map(made.map((number, index) => [number.phone_number_id, index === 1 ? STORE : {}]));
    if (organizationId === 'org-meridian') {
      this.list.push({
        phone_number_id: '106540352242990',
        waba_id: '102290129340398',
        portfolio: 'default',
        name: 'Kasturi Returns',
        display: '+1 202 555 0190',
        quality: null,
        tier: null,
        throughput: 80,
        state: 'broken',
        last_webhook_at: null,
        token_hint: '1d07',
      });
      this.checks.set('106540352242990', LOST);
    }
    this.app = { has_secret: false, verify_token: token(12) };
    this.alerts =
      organizationId === 'org-meridian'
        ? [
            {
              id: 'a-1',
              at: now - 5 * 3_600_000,
              kind: 'quality',
              severity: 'warning',
              title: 'Quality of Kasturi Store fell to Medium',
              effect: '2.1 % of the people who got “flash_sale_weekend” blocked you, usual is 0.5 %.',
              action: 'Pause the template, and send to people who were active within 30 days.',
              phone_number_id: '106540352242923',
            },
          ]
        : [];
  }

  one(id) {
    const channel = this.list.find((one) => one.phone_number_id === id);
    if (!channel) throw missing('The number');
    return channel;
  }

  check(id) {
    const channel = this.one(id);
    const checks = found(this.checks.get(id) ?? {});
    const worst = ['broken', 'to_do', 'fine'].find((state) => checks.some((one) => one.state === state));
    channel.state = worst;
    return checks;
  }
}

const own = (call) => {
  call.home.require(call.member, 'channels.manage');
  return call.world.channels;
};
const log = (call, action, target) =>
  call.home.audit(call.home.house(call.member), call.member, call.request, action, target);

export const channelRoutes = [
  ['GET', '/channels', (call) => ({ body: { items: own(call).list, next: null } })],
  [
    'POST',
    '/channels',
    (call) => {
      const channels = own(call);
      const { name, waba_id, phone_number_id, portfolio = 'default', token: secret } = call.body;
      if (!/^\d{8,20}$/.test(phone_number_id ?? ''))
        throw invalid('The phone number id has 8 to 20 digits. Nothing was connected.');
      if (channels.list.some((one) => one.phone_number_id === phone_number_id))
        throw new Refused(409, 'taken', 'This number is connected already. Nothing was changed.');
      const made = {
        phone_number_id,
        waba_id,
        portfolio,
        name,
        display: '+1 202 555 0177',
        quality: 'GREEN',
        tier: 'TIER_1K',
        throughput: 80,
        state: 'fine',
        last_webhook_at: null,
        token_hint: String(secret).slice(-4),
      };
      channels.list.push(made);
      channels.checks.set(phone_number_id, {});
      log(call, 'channel.connected', phone_number_id);
      return { status: 201, body: made };
    },
  ],
  [
    'PATCH',
    '/channels/:channel',
    (call) => {
      const channel = own(call).one(call.params.channel);
      const { token: secret, ...fields } = call.body;
      Object.assign(channel, fields);
      if (secret) {
        channel.token_hint = secret.slice(-4);
        const { token: _, ...rest } = call.world.channels.checks.get(channel.phone_number_id);
        call.world.channels.checks.set(channel.phone_number_id, rest);
      }
      log(call, 'channel.changed', channel.phone_number_id);
      return { body: channel };
    },
  ],
  [
    'DELETE',
    '/channels/:channel',
    (call) => {
      const channel = own(call).one(call.params.channel);
      call.world.channels.list = call.world.channels.list.filter((one) => one !== channel);
      log(call, 'channel.disconnected', channel.phone_number_id);
      return { status: 204 };
    },
  ],
  [
    'POST',
    '/channels/:channel/checks',
    (call) => {
      const channels = own(call);
      if (call.body.repair === 'subscribe') {
        const { subscription: _, ...rest } = channels.checks.get(call.params.channel);
        channels.checks.set(call.params.channel, rest);
      }
      return { body: { items: channels.check(call.params.channel), next: null } };
    },
  ],
  [
    'GET',
    '/channels/app',
    (call) => ({
      body: {
        callback_url: `http://${call.request.headers.host}/webhooks/whatsapp/${call.member.organization_id}`,
        ...own(call).app,
      },
    }),
  ],
  [
    'PUT',
    '/channels/app',
    (call) => {
      const { app_secret, verify_token } = call.body;
      const { app } = own(call);
      if (app_secret) app.has_secret = true;
      if (verify_token) app.verify_token = verify_token;
      return {
        body: {
          callback_url: `http://${call.request.headers.host}/webhooks/whatsapp/${call.member.organization_id}`,
          ...app,
        },
      };
    },
  ],
  ['GET', '/alerts', (call) => ({ body: { items: own(call).alerts, next: null } })],
  [
    'DELETE',
    '/alerts/:alert',
    (call) => {
      own(call).alerts = call.world.channels.alerts.filter((one) => one.id !== call.params.alert);
      return { status: 204 };
    },
  ],
];
