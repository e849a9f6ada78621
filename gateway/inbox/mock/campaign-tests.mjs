// Broadcasts of the mock with several messages: which gets how many, and how they do.
import { refuseUnless } from './campaign-parts.mjs';

const LETTERS = ['A', 'B', 'C', 'D'];
/** Of a hundred people, by message. */
const READ = [41, 52, 44, 38];
const REPLIED = [6, 7, 5, 6];

const messages = (plan) => [plan, ...plan.test.others];

/** How many of so many are in the sample of each message, and who waits. */
function groups(plan, people) {
  const each = Math.floor((people * plan.test.sample) / 100 / messages(plan).length);
  return { each, waiting: people - each * messages(plan).length };
}

export function withTestChecked(check, { plan }) {
  const held = plan.hold_out ? Math.round((check.will_be_sent * plan.hold_out) / 100) : 0;
  const skipped = held > 0 ? { ...check.skipped, hold_out: held } : check.skipped;
  const will_be_sent = check.will_be_sent - held;
  if (!plan.test) return { ...check, skipped, will_be_sent };
  const { each, waiting } = groups(plan, will_be_sent);
  const variants = messages(plan).map(({ template, language }, index) => ({
    variant: LETTERS[index],
    template,
    language,
    people: each,
  }));
  const samples = check.samples.map((one, index) => ({ ...one, variant: LETTERS[index % variants.length] }));
  return { ...check, skipped, will_be_sent, samples, test: { variants, waiting } };
}

const share = (rates, best, index) => ({
  rate: rates[index] / 100,
  behind:
    index === best
      ? null
      : {
          rate: (rates[best] - rates[index]) / 100,
          evidence: rates[best] - rates[index] > 5 ? 'more_than_chance' : 'may_be_chance',
        },
});

/** As if all of the sample had left long ago. */
export function withTest(progress, { plan, launch, revision }) {
  if (!plan.test || !launch) return { ...progress, revision, test: null };
  const count = messages(plan).length;
  const { each, waiting } = groups(plan, progress.counts.total);
  const [read, replied] = [READ.slice(0, count), REPLIED.slice(0, count)];
  const bests = [read, replied].map((rates) => rates.indexOf(Math.max(...rates)));
  const part = (percent) => Math.round((each * percent) / 100);
  const variants = messages(plan).map(({ template, language }, index) => ({
    variant: LETTERS[index],
    template,
    language,
    figures: {
      people: each,
      sent: each,
      delivered: part(96),
      read: part(read[index]),
      replied: part(replied[index]),
      failed: part(2),
    },
    read: share(read, bests[0], index),
    replied: share(replied, bests[1], index),
  }));
  const { winner = null } = launch;
  const after = plan.test.winner.after_minutes;
  return {
    ...progress,
    revision,
    test: {
      variants,
      waiting: winner ? 0 : waiting,
      sampled_at: launch.at,
      due_at: winner || !after ? null : launch.at + after * 60_000,
      winner,
      rest: null,
      held_out: plan.hold_out ? 12 : 0,
    },
  };
}

export const chosen = (call, campaign) => {
  const { revision, variant } = call.body;
  refuseUnless(campaign.revision === revision, 'conflict', 'Somebody else has changed it.');
  const by = { id: call.member.id, name: call.member.name };
  const winner = { variant, at: call.world.clock(), reason: { kind: 'person', by }, figures: [] };
  campaign.launch = { ...campaign.launch, winner };
  campaign.revision += 1;
};
