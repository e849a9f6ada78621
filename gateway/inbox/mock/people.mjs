export const organizations = [
  {
    id: 'org-meridian',
    name: 'Meridian Care',
    about: 'Clinic, shop and travel desk. 3 numbers, live traffic',
  },
  {
    id: 'org-norte',
    name: 'Oficina Norte',
    about: 'A three-person workshop, set up this morning. 1 number, no messages yet',
  },
];

const person = (id, organization_id, role, name, about, what) => ({
  id,
  organization_id,
  role,
  name,
  email: `${name.split(' ')[0].toLowerCase()}@${organization_id.slice(4)}.example`,
  about,
  try: what,
});

export const members = [
  person(
    'm-rn',
    'org-meridian',
    'agent',
    'Rafael Nogueira',
    'Answers customers, sees own conversations',
    'inbox, templates',
  ),
  person(
    'm-lh',
    'org-meridian',
    'supervisor',
    'Lina Haddad',
    'Assigns work, watches the window',
    "all of the team's inbox",
  ),
  person('m-pm', 'org-meridian', 'marketer', 'Priya Menon', 'Segments, templates, broadcasts', 'contacts'),
  person(
    'm-do',
    'org-meridian',
    'analyst',
    'Daniel Osei',
    'Reports, no customer data',
    'see what is not shown',
  ),
  person(
    'm-sl',
    'org-meridian',
    'developer',
    'Sofia Lindqvist',
    'Webhook log, tokens, replay',
    'a quarantined message',
  ),
  person('m-nr', 'org-meridian', 'viewer', 'Nadia Rahman', 'Sees all, changes nothing', 'reading along'),
  person('m-of', 'org-meridian', 'admin', 'Omar Fathy', 'Members, roles, numbers', 'the webhook log'),
  person(
    'm-hc',
    'org-meridian',
    'owner',
    'Helena Castro',
    'Everything, with spending limits',
    'the whole inbox',
  ),
  person('m-bs', 'org-norte', 'owner', 'Bruno Salles', 'Set the workshop up this morning', 'an empty inbox'),
];

export const numbers = {
  'org-meridian': [
    {
      phone_number_id: '106540352242922',
      waba_id: '102290129340398',
      name: 'Clínica Aurora',
      display: '+1 202 555 0142',
      per_day: 100_000,
    },
    {
      phone_number_id: '106540352242923',
      waba_id: '102290129340398',
      name: 'Kasturi Store',
      display: '+1 202 555 0148',
      per_day: 100_000,
    },
    {
      phone_number_id: '106540352242924',
      waba_id: '102290129340398',
      name: 'Nile & Palm Travel',
      display: '+1 202 555 0164',
      per_day: 100_000,
    },
  ],
  'org-norte': [
    {
      phone_number_id: '106540352242925',
      waba_id: '102290129340399',
      name: 'Oficina Norte',
      display: '+1 202 555 0199',
      per_day: 250,
    },
  ],
};

export const personOf = (id) => {
  const member = members.find((one) => one.id === id);
  return member ? { id: member.id, name: member.name } : null;
};
