import type { Campaign } from '../types';

export const addressOf = ({ id }: Campaign, origin: string) => `${origin}/api/v1/campaigns/${id}/sends`;

/** A request as a system would make it: the values that come along are in it, the key is not. */
export function exampleOf(campaign: Campaign, origin: string): string {
  const given = campaign.plan.variables.filter(({ source }) => source.kind === 'given');
  const variables = Object.fromEntries(given.map(({ name }) => [name, '…']));
  const body = { phone: '+12025550123', ...(given.length > 0 && { variables }) };
  return [
    `curl -X POST ${addressOf(campaign, origin)} \\`,
    '  -H "Authorization: Bearer $JETTO_API_KEY" \\',
    '  -H "Idempotency-Key: order-4821" \\',
    '  -H "Content-Type: application/json" \\',
    // A quote would end what the shell takes for one word.
    `  -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`,
  ].join('\n');
}
