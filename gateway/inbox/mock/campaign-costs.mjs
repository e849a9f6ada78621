// What broadcasts of the mock cost: by country as a made-up table has it, in which the last country has no price.

const COUNTRIES = [
  { country: 'IN', share: 8_816, micros: 10_700 },
  { country: 'BR', share: 7_904, micros: 62_500 },
  { country: 'EG', share: 1_266, micros: 15_500 },
  { country: 'AE', share: 214, micros: 14_500 },
  { country: 'PT', share: 121, micros: 12_500 },
  { country: 'US', share: 91, micros: null },
];
const ALL = COUNTRIES.reduce((sum, one) => sum + one.share, 0);
const SINCE = '2026-10-01';

const usd = (micros) => ({ micros, currency: 'USD' });
const total = (rows) => {
  const micros = rows.reduce((sum, one) => sum + one, 0);
  return micros > 0 ? [usd(micros)] : [];
};

/** So many people, shared out; what is left over is of the first. */
function sharedOut(people) {
  const parts = COUNTRIES.map((one) => Math.floor((people * one.share) / ALL));
  parts[0] += people - parts.reduce((sum, one) => sum + one, 0);
  return parts;
}

export function estimate(people) {
  const parts = sharedOut(people);
  const rows = COUNTRIES.map(({ country, micros }, index) => ({
    country,
    category: 'marketing',
    people: parts[index],
    price: micros === null ? null : usd(micros),
    since: micros === null ? null : SINCE,
    cost: micros === null ? null : usd(micros * parts[index]),
  })).filter((row) => row.people > 0);
  rows.sort((a, b) => (b.cost?.micros ?? -1) - (a.cost?.micros ?? -1));
  return {
    rows,
    totals: total(rows.map((row) => row.cost?.micros ?? 0)),
    unpriced: rows.reduce((sum, row) => sum + (row.cost ? 0 : row.people), 0),
    free_when: ['free_entry_point'],
  };
}

/** Of those who got it a few came by an ad. */
export function spent(counts) {
  const delivered = counts.delivered + counts.read;
  const parts = sharedOut(delivered);
  const rows = COUNTRIES.flatMap(({ country, micros }, index) => {
    const free = Math.floor(parts[index] / 50);
    const people = parts[index] - free;
    const cost = micros === null ? [] : total([people * micros]);
    return [
      { country, category: 'marketing', kind: 'regular', people, cost },
      { country, category: 'referral_conversion', kind: 'free_entry_point', people: free, cost: [] },
    ];
  }).filter((row) => row.people > 0);
  rows.sort((a, b) => (b.cost[0]?.micros ?? 0) - (a.cost[0]?.micros ?? 0));
  const billed = total(rows.map((row) => row.cost[0]?.micros ?? 0));
  const open = sharedOut(counts.sent + counts.unknown + counts.under_way);
  const replied = counts.replied;
  return {
    rows,
    billed,
    expected: total(open.map((people, index) => people * (COUNTRIES[index].micros ?? 0))),
    unpriced:
      open.at(-1) +
      rows.reduce((sum, row) => sum + (row.country === 'US' && row.kind === 'regular' ? row.people : 0), 0),
    per_reply: replied > 0 ? billed.map((sum) => usd(Math.round(sum.micros / replied))) : [],
  };
}

export function byCountry(counts, cost) {
  const of = Object.fromEntries(
    ['total', 'waiting', 'under_way', 'delivered', 'read', 'failed', 'replied', 'clicked', 'opted_out'].map(
      (key) => [key, sharedOut(counts[key])],
    ),
  );
  return COUNTRIES.map(({ country }, index) => ({
    country,
    people: of.total[index],
    sent: of.total[index] - of.waiting[index] - of.under_way[index],
    delivered: of.delivered[index] + of.read[index],
    read: of.read[index],
    failed: of.failed[index],
    replied: of.replied[index],
    clicked: of.clicked[index],
    opted_out: of.opted_out[index],
    cost: total(cost.rows.filter((row) => row.country === country).map((row) => row.cost[0]?.micros ?? 0)),
  })).filter((one) => one.people > 0);
}
