// Broadcasts of the mock that people are added to while they run, and those that repeat.

export const isTriggered = ({ plan }) => plan.audience.kind === 'triggered';

export const isOpen = (campaign) => isTriggered(campaign) && campaign.launch?.frozen.is_whole === false;

export function open(campaign, by, at, script) {
  campaign.launch = { by, at, frozen: { count: 0, is_whole: false } };
  campaign.phase = { kind: 'running' };
  campaign.run = { total: 0, done: 0, since: at, began: at, ended: null, script, holes: [] };
}

/** Somebody is added by their key; whoever was added by it before is not added again. */
export function send(campaigns, campaign, key) {
  campaign.sends ??= new Map();
  const known = campaign.sends.get(key);
  if (known !== undefined) return { no: known, isNew: false };
  campaigns.settle(campaign);
  const no = campaign.run.total;
  campaign.sends.set(key, no);
  campaign.run.total += 1;
  return { no, isNew: true };
}

/** Takes nobody more. */
export function close(campaign) {
  campaign.launch.frozen = { count: campaign.run.total, is_whole: true };
  campaign.revision += 1;
}

const DAY_MS = 86_400_000;

/** It repeats: nothing of its own runs. The mock makes none of its broadcasts. */
export function repeat(campaign, by, at, confirmed) {
  const today = new Date(at).setHours(0, 0, 0, 0) + campaign.plan.repeat.at * 60_000;
  const next = today > at ? today : today + DAY_MS;
  campaign.launch = { by, at, series: { confirmed, made: 0, left_out: 0, last: null, next } };
  campaign.phase = { kind: 'running' };
}
