// What broadcasts of the mock sent to the person of a conversation: one of them, so that there is something to see.
import { delivery, message } from './contents.mjs';

const TO = 'c-rohan';
const BROADCAST = 'b-loom';

export function campaignMessages({ world, row, home, member }) {
  const campaign = world.campaigns.list.find(({ id }) => id === BROADCAST);
  if (row.id !== TO || !campaign) return { body: { items: [], next: null } };
  const { at } = campaign.launch;
  const content = {
    type: 'template',
    name: 'kasturi_six',
    language: 'en',
    category: 'MARKETING',
    header: null,
    body: 'Hi Rohan, it is handloom week: every saree is 15 % off until Sunday.',
    footer: 'Reply STOP to get no more offers',
    buttons: ['See the collection', 'Stop promotions'],
    cards: [],
    parameters: ['Rohan'],
  };
  const fields = { direction: 'out', content, author: null, delivery: delivery('read', at + 4_000) };
  const sent = message(row.id, `${BROADCAST}-0`, at + 3_000, fields);
  const seen = home.grants(member).includes('campaigns.read');
  const name = seen ? { id: campaign.id, name: campaign.name } : null;
  return { body: { items: [{ message: sent, campaign: name }], next: null } };
}
