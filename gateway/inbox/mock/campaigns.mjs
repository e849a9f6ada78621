// Broadcasts of the mock: what they have done by now follows from the clock, so that a fixed one gives the same picture each time.
import { byCountry, estimate, spent } from './campaign-costs.mjs';
import { whenReached } from './campaign-hours.mjs';
import { firstMinutes, wave } from './campaign-pace.mjs';
import {
  FAILURES,
  findings,
  listed,
  NOBODY,
  recipient,
  rests,
  shown,
  silent,
  tenths,
  value,
} from './campaign-parts.mjs';
import { isOpen, isTriggered, open, repeat } from './campaign-sends.mjs';
import { numbers, personOf } from './people.mjs';
import { missing } from './refused.mjs';

const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const FREEZE_MS = 1_200;
/** Messages per second of each lane, as WhatsApp allows them. */
const ALLOWED = [9.3, 8.1, 9.3];
const SHARE = [0.3466, 0.2975, 0.3559];
const AUDIENCE = 21_036;
const SKIPPED = {
  no_consent: 1_208,
  opted_out: 614,
  undeliverable: 750,
  variable_missing: 52,
};
/** Of 11,305 people handed over, while it runs. */
const RUNNING = {
  of: 11_305,
  read: 5_266,
  sent: 1_162,
  unknown: 103,
  parked: 8,
  replied: 218,
  failed: { try_later: 96, person_limit: 173, permanent: 60, opted_out: 18, our_mistake: 17, capped: 0 },
};
/** Of 18,412, a day later. */
const ENDED = {
  of: 18_412,
  read: 12_180,
  sent: 0,
  unknown: 0,
  parked: 23,
  replied: 1_841,
  failed: { try_later: 0, person_limit: 268, permanent: 160, opted_out: 42, our_mistake: 17, capped: 0 },
};
const NO_FAILURES = { try_later: 0, person_limit: 0, permanent: 0, opted_out: 0, our_mistake: 0, capped: 0 };
const SMALL = { of: 1, read: 0, sent: 0, unknown: 0, parked: 0, replied: 0, failed: NO_FAILURES };

export class Campaigns {
  constructor(organizationId, { clock, people, template }) {
    Object.assign(this, { clock, people, template });
    this.numbers = numbers[organizationId] ?? [];
    this.organizationId = organizationId;
    this.reset();
  }

  reset() {
    this.list = this.organizationId === 'org-meridian' ? this.seed() : [];
    this.made = 0;
  }

  seed() {
    const now = this.clock();
    const all = this.numbers.map((one) => one.phone_number_id);
    const plan = (template, language, more = {}) => ({
      template,
      language,
      numbers: all,
      audience: { kind: 'everyone' },
      opted_in_only: false,
      same_language: false,
      variables: [],
      per_second: null,
      start_at: null,
      spend_max: null,
      ...more,
    });
    const six = plan('kasturi_six', 'en', {
      opted_in_only: true,
      variables: [
        {
          name: 'file',
          place: 'header',
          index: null,
          card: null,
          source: { kind: 'value', value: { link: 'https://kasturi.example/six.jpg' } },
          fallback: null,
        },
        {
          name: 'first_name',
          place: 'body',
          index: null,
          card: null,
          source: { kind: 'contact', field: 'first_name' },
          fallback: null,
        },
        {
          name: 'until',
          place: 'body',
          index: null,
          card: null,
          source: { kind: 'text', text: 'Sunday' },
          fallback: null,
        },
      ],
    });
    const one = (id, name, age, phase, fields = {}) => ({
      id,
      revision: 3,
      name,
      author: personOf('m-pm'),
      editor: personOf('m-pm'),
      created_at: now - age,
      plan: six,
      phase: { kind: phase, ...(phase === 'draft' ? {} : { at: now - age + HOUR }) },
      launch: phase === 'draft' ? null : { by: personOf('m-pm'), at: now - age + HOUR / 2 },
      ...fields,
    });
    const began = now - 448 * SECOND;
    return [
      one('b-draft', 'Weekend at the loom', HOUR, 'draft'),
      one('b-six', 'Kasturi turns six', 2 * HOUR, 'running', {
        phase: { kind: 'running' },
        launch: { by: personOf('m-pm'), at: began },
        run: {
          total: 18_412,
          done: 11_305,
          since: now,
          began,
          ended: null,
          script: RUNNING,
          holes: [],
          seeded: true,
        },
      }),
      one('b-offer', 'Flash sale, second half', DAY, 'paused', {
        phase: {
          kind: 'paused',
          reason: {
            kind: 'refused',
            code: 132_015,
            text: 'WhatsApp has paused the template “paused_offer”.',
          },
        },
        plan: plan('paused_offer', 'en', { numbers: all.slice(1, 2) }),
        run: {
          total: 2_480,
          done: 1_104,
          since: null,
          began: now - DAY + HOUR,
          ended: null,
          script: RUNNING,
          holes: [],
        },
      }),
      one('b-loom', 'Handloom week', 2 * DAY, 'finished', {
        phase: { kind: 'finished', at: now - DAY - 15 * HOUR + 724 * SECOND },
        launch: { by: personOf('m-pm'), at: now - DAY - 15 * HOUR },
        run: {
          total: 18_412,
          done: 18_412,
          since: null,
          began: now - DAY - 15 * HOUR,
          ended: now - DAY - 15 * HOUR + 724 * SECOND,
          script: ENDED,
          holes: [],
        },
      }),
      one('b-brunch', 'Sunday brunch', 9 * DAY, 'cancelled', {
        phase: { kind: 'cancelled', at: now - 9 * DAY + 2 * HOUR },
        run: {
          total: 640,
          done: 212,
          since: null,
          began: now - 9 * DAY + HOUR,
          ended: now - 9 * DAY + 2 * HOUR,
          script: RUNNING,
          holes: [],
        },
      }),
    ];
  }

  one(id) {
    const found = this.list.find((one) => one.id === id);
    if (!found) throw missing('The broadcast');
    this.advance(found);
    return found;
  }

  add(name, plan, author) {
    this.made += 1;
    const made = {
      id: `b-new-${this.made}`,
      revision: 1,
      name,
      author: personOf(author),
      editor: personOf(author),
      created_at: this.clock(),
      plan,
      phase: { kind: 'draft' },
      launch: null,
    };
    this.list.unshift(made);
    return made;
  }

  launch(campaign, by) {
    const at = this.clock();
    const total = this.check(campaign).will_be_sent;
    if (isTriggered(campaign)) return open(campaign, personOf(by), at, SMALL);
    if (campaign.plan.repeat) return repeat(campaign, personOf(by), at, total);
    const script = total < 1000 ? SMALL : RUNNING;
    Object.assign(campaign, { launch: { by: personOf(by), at }, phase: { kind: 'freezing' } });
    campaign.run = { total, done: 0, since: at + FREEZE_MS, began: at, ended: null, script, holes: [] };
  }

  /** Messages per second of all lanes together. */
  pace({ plan }) {
    const allowed = plan.numbers.reduce((sum, _, lane) => sum + (ALLOWED[lane] ?? 9.3), 0);
    return Math.min(allowed, plan.per_second ?? Number.POSITIVE_INFINITY);
  }

  done(campaign) {
    const { run } = campaign;
    if (run.since === null) return run.done;
    const seconds = Math.max(0, this.clock() - run.since) / SECOND;
    return Math.min(run.total, Math.floor(run.done + seconds * this.pace(campaign)));
  }

  advance(campaign) {
    const { run, phase } = campaign;
    const now = this.clock();
    if (!run) return;
    if (phase.kind === 'freezing' && now >= run.since) campaign.phase = { kind: 'running' };
    if (campaign.phase.kind === 'running' && !isOpen(campaign) && this.done(campaign) >= run.total) {
      Object.assign(run, { done: run.total, since: null, ended: now });
      campaign.phase = { kind: 'finished', at: now };
    }
  }

  /** Counts what was done so far before something about it changes. */
  settle(campaign) {
    campaign.run.done = this.done(campaign);
    if (campaign.run.since !== null) campaign.run.since = Math.max(this.clock(), campaign.run.since);
    campaign.revision += 1;
  }

  control(campaign, phase) {
    const { run } = campaign;
    const now = this.clock();
    if (!run) return Object.assign(campaign, { phase });
    this.settle(campaign);
    if (phase.kind === 'running') {
      run.since = now;
      run.holes.push([run.stopped ?? now, now]);
    } else Object.assign(run, { since: null, stopped: now });
    if (phase.kind === 'cancelled') run.ended = now;
    campaign.phase = phase;
  }

  counts(campaign) {
    if (!campaign.run) return { ...NOBODY };
    const { run } = campaign;
    const { script } = run;
    const done = this.done(campaign);
    const part = (people) => Math.round((people * done) / script.of);
    const failed = Object.values(this.failed(campaign)).reduce((sum, one) => sum + one, 0);
    const [read, sent, unknown, parked] = [script.read, script.sent, script.unknown, script.parked].map(part);
    const waits = run.total - done;
    const under_way = campaign.phase.kind === 'running' ? Math.min(27, waits) : 0;
    const waiting = waits - under_way;
    const delivered = done - read - sent - unknown - parked - failed;
    return {
      total: run.total,
      waiting,
      under_way,
      unknown,
      parked,
      held: 0,
      sent,
      delivered,
      read,
      failed,
      replied: part(script.replied),
      clicked: part(Math.floor(script.replied * 0.6)),
      opted_out: part(Math.floor(script.replied / 29)),
    };
  }

  failed({ run, ...campaign }) {
    const done = this.done({ run, ...campaign });
    return Object.fromEntries(
      Object.entries(run.script.failed).map(([key, people]) => [
        key,
        Math.round((people * done) / run.script.of),
      ]),
    );
  }

  row(campaign) {
    this.advance(campaign);
    return { campaign: shown(campaign), counts: this.counts(campaign) };
  }

  progress(campaign) {
    const { run, phase } = campaign;
    const counts = this.counts(campaign);
    const cost = spent(counts);
    const money = { cost, countries: byCountry(counts, cost), ...whenReached(campaign, counts) };
    if (!run)
      return {
        phase,
        counts,
        ...money,
        lanes: [],
        failures: [],
        skipped: {},
        frozen: { count: 0, is_whole: false },
        history: [],
        started_at: null,
        ended_at: null,
      };
    const failures = Object.entries(this.failed(campaign))
      .filter(([, people]) => people > 0)
      .map(([key, people]) => ({ class: key, code: FAILURES[key][0], text: FAILURES[key][1], people }));
    const runs = phase.kind === 'running';
    const waits = counts.waiting + counts.under_way;
    return {
      phase,
      counts,
      ...money,
      lanes: this.lanes(campaign),
      failures,
      skipped: run.total < 1000 ? {} : SKIPPED,
      frozen: campaign.launch?.frozen ?? { count: run.total, is_whole: phase.kind !== 'freezing' },
      history: this.history(campaign),
      ...(runs && { eta_seconds: Math.round(waits / (run.seeded ? 26.13 : this.pace(campaign))) }),
      started_at: run.began,
      ended_at: run.ended,
    };
  }

  lanes(campaign) {
    const { plan, run, phase } = campaign;
    const done = this.done(campaign);
    const runs = phase.kind === 'running';
    const share = plan.numbers.length === 3 ? SHARE : plan.numbers.map(() => 1 / plan.numbers.length);
    const factor =
      this.pace(campaign) / plan.numbers.reduce((sum, _, lane) => sum + (ALLOWED[lane] ?? 9.3), 0);
    let left = run.total;
    let leftDone = done;
    return plan.numbers.map((id, lane) => {
      const number = this.numbers.find((one) => one.phone_number_id === id);
      const last = lane === plan.numbers.length - 1;
      const size = last ? left : Math.round(run.total / plan.numbers.length);
      const of = last ? leftDone : Math.min(size, Math.round(done * share[lane]));
      left -= size;
      leftDone -= of;
      const allowed = tenths((ALLOWED[lane] ?? 9.3) * factor);
      const slower = lane === 1 && plan.numbers.length === 3;
      return {
        phone_number_id: id,
        name: number.name,
        waiting: Math.max(0, size - of),
        done: Math.min(size, of),
        sent_per_second:
          runs && !rests(campaign, id) ? tenths(Math.max(0, allowed - (slower ? 0.4 : 0.1))) : 0,
        allowed_per_second: allowed,
        rests: rests(campaign, id),
        state:
          phase.kind === 'paused' || rests(campaign, id)
            ? 'paused'
            : !runs
              ? 'idle'
              : slower
                ? 'slower'
                : 'running',
        ...(runs &&
          slower &&
          !rests(campaign, id) && { note: 'WhatsApp asked to slow down. It goes on in 4 s.' }),
      };
    });
  }

  history(campaign) {
    const { run } = campaign;
    const end = run.ended ?? (run.since === null ? (run.stopped ?? run.began + 448 * SECOND) : this.clock());
    const pace = this.pace(campaign);
    const first = Math.max(run.began, end - 599 * SECOND);
    const all = [];
    for (let at = Math.ceil(first / SECOND) * SECOND; at <= end; at += SECOND) {
      const second = Math.round((at - run.began) / SECOND);
      // Nobody measured while the node that measures was changed.
      if (second >= 205 && second < 213) continue;
      if (run.holes.some(([from, to]) => at >= from && at < to)) continue;
      const { sent, allowed } =
        run.script === SMALL || campaign.plan.per_second
          ? { sent: pace + wave(second) * 0.2, allowed: pace }
          : firstMinutes(second);
      const share = run.script === SMALL || campaign.plan.per_second ? 1 : pace / 26.7;
      all.push({ at, sent: tenths(Math.max(0, sent * share)), allowed: tenths(allowed * share) });
    }
    return all;
  }

  check(campaign) {
    const { plan } = campaign;
    const named = this.named(plan.audience);
    const skipped = named === null ? { ...SKIPPED } : {};
    if (!plan.opted_in_only) delete skipped.no_consent;
    if (plan.variables.every((one) => one.fallback || one.source.kind === 'text'))
      delete skipped.variable_missing;
    const audience = named ?? AUDIENCE;
    const will_be_sent = audience - Object.values(skipped).reduce((sum, one) => sum + one, 0);
    const pace = this.pace(campaign);
    const duration_seconds = Math.ceil(will_be_sent / pace);
    const days = plan.per_day ? Math.max(1, Math.ceil(will_be_sent / plan.per_day)) : 1;
    return {
      will_be_sent,
      audience,
      skipped,
      cost: estimate(will_be_sent),
      duration_seconds,
      days,
      over_tier: 0,
      people_a_day: null,
      later: plan.quiet || plan.start_is_local ? Math.round(will_be_sent * 0.2) : 0,
      finishes_at: (plan.start_at ?? this.clock()) + (days - 1) * DAY + duration_seconds * SECOND,
      lanes: plan.numbers.map((id, lane) => ({
        phone_number_id: id,
        name: this.numbers.find((one) => one.phone_number_id === id)?.name ?? id,
        per_second: tenths(
          ((ALLOWED[lane] ?? 9.3) * pace) / this.pace({ plan: { ...plan, per_second: null } }),
        ),
        quality: lane === 1 ? 'YELLOW' : 'GREEN',
      })),
      findings: findings(plan),
      samples: this.samples(plan),
    };
  }

  /** How many are meant, where it is not everyone. */
  named({ kind, ids, id, campaign, who }) {
    if (kind === 'everyone') return null;
    if (kind === 'reached') return silent(this.counts(this.one(campaign)), who);
    if (kind === 'triggered') return 0;
    return kind === 'contacts' ? ids.length : this.people(id).length;
  }

  samples({ template, variables }) {
    const found = this.template(template);
    if (!found) return [];
    return this.people()
      .filter((one) => one.name)
      .slice(0, 5)
      .map((contact) => ({
        contact_id: contact.id,
        name: contact.name,
        content: {
          name: found.name,
          language: found.language,
          category: found.category,
          header: found.header?.text ?? null,
          body: variables.reduce(
            (text, one) => text.replaceAll(`{{${one.name}}}`, value(one, contact)),
            found.body,
          ),
          footer: found.footer,
          buttons: found.buttons.map((one) => one.text),
          cards: [],
          parameters: [],
        },
      }));
  }

  recipients(campaign, wanted, after, limit) {
    const counts = this.counts(campaign);
    const { failed: _, total: __, replied: ___, clicked: _c, opted_out: _o, ...states } = counts;
    const classes = {
      ...states,
      ...(campaign.run &&
        Object.fromEntries(Object.entries(this.failed(campaign)).map(([key, n]) => [`failed_${key}`, n]))),
    };
    const lanes = campaign.plan.numbers.length;
    return listed(classes, wanted, [after, limit], (no, own) => {
      const people = this.people();
      return recipient(no, people[(no * 7) % people.length], own, campaign.run.began + no * 37, no % lanes);
    });
  }
}
