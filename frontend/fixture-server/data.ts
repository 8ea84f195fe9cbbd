import type * as R from '../shared/api/src/records';

// A small made-up shop in the shape of the API, so that screens can be looked at without a backend.

const now = Date.now();
export const ago = (minutes: number): string => new Date(now - minutes * 60_000).toISOString();
const money = (minor: number): R.PricedMoney => ({
  minor,
  currency: 'EUR',
  text: `€${(minor / 100).toFixed(2)}`,
});

export const users: R.User[] = [
  {
    id: 'u1',
    name: 'Ana Weber',
    email: 'ana@lindenloom.example',
    initials: 'AW',
    role: 'admin',
    team_ids: ['t1'],
    is_active: true,
    signature: 'Ana, Linden & Loom',
    settings: {},
  },
  {
    id: 'u2',
    name: 'Jonas Bauer',
    email: 'jonas@lindenloom.example',
    initials: 'JB',
    role: 'agent',
    team_ids: ['t1'],
    is_active: true,
  },
  {
    id: 'u3',
    name: 'Petra Nováková',
    email: 'petra@lindenloom.example',
    initials: 'PN',
    role: 'agent',
    team_ids: [],
    is_active: true,
  },
];
export const teams: R.Team[] = [{ id: 't1', name: 'Cancellations' }];
export const tags: R.Tag[] = ['cancellation', 'wismo', 'exchange', 'address', 'damaged', 'b2b', 'refund'].map(
  (name) => ({ id: name, name, description: '' }),
);
export const channels: R.Channel[] = [
  {
    id: 'c1',
    slug: 'email',
    kind: 'email',
    name: 'Linden & Loom',
    address: 'help@lindenloom.example',
    is_active: true,
    health: { state: 'ok', last_success_at: ago(2), detail: 'IMAP idle, 188 open' },
  },
];

const me: R.Condition = {
  all: [
    { field: 'ticket.assignee', operator: 'is', value: 'me' },
    { field: 'ticket.status', operator: 'is', value: 'open' },
  ],
};
const view = (
  slug: string,
  name: string,
  section: R.View['section'],
  position: number,
  conditions: R.Condition,
): R.View => ({
  id: `v-${slug}`,
  slug,
  name,
  icon: '',
  section,
  scope: 'shared',
  owner_id: null,
  team_id: null,
  conditions,
  sort: 'queue',
  group: '',
  columns: [],
  position,
  is_shipped: true,
});
const open: R.Condition = { field: 'ticket.status', operator: 'is', value: 'open' };
export const views: R.View[] = [
  view('mine', 'My queue', 'me', 1, me),
  view('unassigned', 'Unassigned', 'me', 2, {
    all: [open, { field: 'ticket.assignee', operator: 'is_empty' }],
  }),
  view('snoozed', 'Snoozed', 'me', 3, { field: 'ticket.status', operator: 'is', value: 'snoozed' }),
  view('all', 'All open', 'me', 4, open),
  view('closed', 'Closed', 'me', 5, { field: 'ticket.status', operator: 'is', value: 'closed' }),
  view('urgent', 'Urgent', 'team', 6, {
    all: [open, { field: 'priority', operator: 'is', value: 'urgent' }],
  }),
  view('wismo', 'Where is my order', 'team', 7, {
    all: [open, { field: 'tags', operator: 'contains', value: 'wismo' }],
  }),
  view('email', 'Email', 'channels', 8, open),
];
export const counts: Record<string, number> = {
  mine: 14,
  unassigned: 128,
  snoozed: 9,
  all: 340,
  closed: 1204,
  urgent: 7,
  wismo: 44,
  email: 188,
};

const people: [string, string, string, string, string, number, Partial<R.Ticket>][] = [
  [
    'Mia Laurent',
    'mia.laurent@posteo.example',
    'Cancel my order please',
    'I’ll reorder it in M right after',
    'en',
    2,
    {
      priority: 'urgent',
      waiting_since: ago(12),
      tags: ['cancellation'],
      is_unread: false,
      intent: 'cancel_order',
    },
  ],
  [
    'Ada Kowalska',
    'ada@post.example',
    'Gdzie jest moja paczka?',
    'Śledzenie pokazuje „doręczono”, a nic nie przyszło',
    'pl',
    9,
    { tags: ['wismo'] },
  ],
  [
    'Isa Gómez',
    'isa@correo.example',
    '¿Vuelve el vestido Alba?',
    'Lo busco en la talla 38, color arena',
    'es',
    31,
    {},
  ],
  [
    'Tomáš Dvořák',
    'tomas@posta.example',
    'Výměna velikosti, #1019',
    'Košile je mi velká, šlo by ji vyměnit za M?',
    'cs',
    34,
    { tags: ['exchange'] },
  ],
  [
    'Hannah Vogt',
    'hannah@mail.example',
    'Rechnung für Bestellung #1007',
    'Die Rechnung finden Sie im Anhang.',
    'de',
    47,
    { is_unread: false, last_message_direction: 'out', waiting_since: null, has_attachments: true },
  ],
  [
    '佐藤 美咲',
    'misaki@mail.example',
    '注文 #1038 の配送先変更',
    '引っ越しのため、住所を変更したいです。',
    'ja',
    52,
    { tags: ['address'] },
  ],
  [
    'Олена Коваленко',
    'olena@post.example',
    'Чи можна повернути сукню?',
    'Колір трохи інший, ніж на фото',
    'uk',
    62,
    { is_unread: false },
  ],
  [
    'ياسمين حداد',
    'yasmin@barid.example',
    'هل يمكن تغيير المقاس؟',
    'طلبت قميص الكتان مقاس S وأريد M',
    'ar',
    71,
    { is_unread: false },
  ],
  [
    'Pieter de Wit',
    'pieter@hotel.example',
    'Wholesale: 40 robes for our hotel',
    'Could you quote for embroidered robes in two sizes?',
    'nl',
    126,
    { is_unread: false, tags: ['b2b'] },
  ],
  [
    'Léa Fontaine',
    'lea@poste.example',
    'Re: Votre remboursement #0988',
    'Toujours rien sur mon compte',
    'fr',
    190,
    { is_unread: false, tags: ['refund', 'vip'] },
  ],
  [
    'Nils Sørensen',
    'nils@post.example',
    'Torn pillowcase',
    'A seam opened after the first wash.',
    'da',
    260,
    { is_unread: false, tags: ['damaged'], has_attachments: true },
  ],
  [
    'Oskar Lindqvist',
    'oskar@post.example',
    'Linnelakan, tvättråd?',
    '60 grader går bra, torka helst på lina.',
    'sv',
    300,
    { is_unread: false, last_message_direction: 'out', waiting_since: null },
  ],
  [
    'Chloe Park',
    'chloe@mail.example',
    'Love the shirt, one button is loose',
    'Photo attached. Could you post me a spare?',
    'en',
    1800,
    { is_unread: false, has_attachments: true },
  ],
  [
    'Bea Rossi',
    'bea@posta.example',
    'Cambio indirizzo #0974',
    'Fatto, arriva martedì al nuovo indirizzo.',
    'it',
    2900,
    {
      is_unread: false,
      last_message_direction: 'out',
      waiting_since: null,
      csat_score: 5,
      csat_state: 'answered',
    },
  ],
];

export const customers: R.Customer[] = people.map(([name, address, , , language], index) => ({
  id: `k${index + 1}`,
  name,
  language,
  time_zone: index === 0 ? 'Europe/Paris' : null,
  city: index === 0 ? 'Lyon' : null,
  country: index === 0 ? 'FR' : null,
  is_vip: index === 0 || index === 3,
  note: '',
  handles: [
    { id: `h${index}`, kind: 'email', value: address, is_verified: true },
    ...(index === 0 ? [{ id: 'hp', kind: 'phone', value: '+33 6 55 51 08 72', is_verified: false }] : []),
  ],
  created_at: ago(900_000),
  version: 1,
}));

export const tickets: R.Ticket[] = people.map(([, , subject, snippet, language, minutes, part], index) => ({
  id: `00000000-0000-7000-8000-0000000000${String(50 - index).padStart(2, '0')}`,
  number: 48213 - index,
  subject,
  status: 'open',
  priority: 'normal',
  is_unread: true,
  assignee_id: 'u1',
  team_id: null,
  customer_id: `k${index + 1}`,
  channel_id: 'c1',
  channel_kind: 'email',
  language,
  intent: null,
  sentiment: null,
  tags: [],
  snippet,
  last_message_direction: 'in',
  last_message_at: ago(minutes),
  waiting_since: ago(minutes),
  snoozed_until: null,
  message_count: 3,
  last_position: 5,
  csat_score: null,
  csat_state: null,
  csat_reason: null,
  has_attachments: false,
  created_at: ago(minutes + 40),
  updated_at: ago(minutes),
  closed_at: null,
  merged_into_id: null,
  links: [],
  wakes_on: null,
  wakes_order_id: null,
  version: 3,
  ...part,
}));

const messageBase = (ticket: R.Ticket, position: number, minutes: number): R.Message => ({
  id: `m-${ticket.number}-${position}`,
  ticket_id: ticket.id,
  position,
  kind: 'customer',
  direction: 'in',
  author: {
    type: 'customer',
    id: ticket.customer_id,
    name: customers.find((each) => each.id === ticket.customer_id)?.name ?? '',
  },
  channel_id: 'c1',
  channel_kind: 'email',
  from_address: {
    name: '',
    address: customers.find((each) => each.id === ticket.customer_id)?.handles[0]?.value ?? '',
  },
  to: [{ name: '', address: 'help@lindenloom.example' }],
  cc: [],
  bcc: [],
  subject: ticket.subject,
  text: ticket.snippet,
  quoted_text: '',
  signature_text: '',
  has_html: false,
  is_truncated: false,
  language: ticket.language,
  intent: ticket.intent,
  intent_confidence: 0.94,
  sentiment: null,
  is_sender_verified: true,
  attachments: [],
  delivery_state: null,
  delivery_reason: null,
  send_after: null,
  created_at: ago(minutes),
  sent_at: null,
  rule_run_id: null,
  macro_id: null,
  version: 1,
});

const ana: R.Message['author'] = { type: 'agent', id: 'u1', name: 'Ana Weber' };
const outgoing = {
  kind: 'reply',
  direction: 'out',
  author: ana,
  from_address: { name: 'Linden & Loom', address: 'help@lindenloom.example' },
} as const;

export function messagesOf(ticket: R.Ticket): R.Message[] {
  const m = (position: number, minutes: number, part: Partial<R.Message>) => ({
    ...messageBase(ticket, position, minutes),
    ...part,
  });
  if (ticket.number === 48213) {
    return [
      m(1, 42, {
        text: 'Hi, can you cancel #1042? I picked the wrong size and the shop doesn’t let me change it any more.',
        quoted_text: 'On Sat, 21 Nov 2026 Linden & Loom wrote:\n> Thank you for your order #1042',
        has_html: true,
      }),
      m(2, 30, {
        kind: 'note',
        direction: 'internal',
        author: { type: 'agent', id: 'u2', name: 'Jonas Bauer' },
        text: '@Ana they pick her wave at 19:30. After that it’s a return.',
        from_address: null,
        to: [],
      }),
      m(3, 20, {
        ...outgoing,
        text: 'Hi Mia, Ana here. I have #1042 open and I’ve put two shirts in M aside for you until tonight.',
        to: [{ name: 'Mia Laurent', address: 'mia.laurent@posteo.example' }],
        delivery_state: 'sent',
        sent_at: ago(20),
      }),
      m(4, 2, { text: 'Oh good. I’ll reorder it in M right after' }),
    ];
  }
  if (ticket.number === 48212) {
    return [
      m(1, 60, {
        text: 'Dzień dobry, śledzenie pokazuje „doręczono”, a nic nie przyszło.',
        is_sender_verified: false,
      }),
      m(2, 50, {
        ...outgoing,
        text: 'Please write back from the address you ordered with.',
        delivery_state: 'failed',
        delivery_reason: '550 5.1.1 mailbox unavailable',
      }),
      m(3, 40, {
        ...outgoing,
        text: 'A second answer, whose fate we don’t know.',
        delivery_state: 'uncertain',
      }),
      m(4, 9, {
        text: ticket.snippet,
        attachments: [
          {
            id: 'a1',
            name: 'potwierdzenie-dostawy.pdf',
            content_type: 'application/pdf',
            size_bytes: 183_000,
            is_inline: false,
            content_id: '',
            url: '',
          },
        ],
      }),
    ];
  }
  return [
    m(1, 200, { text: ticket.snippet }),
    ...(ticket.last_message_direction === 'out'
      ? [m(2, 100, { ...outgoing, text: ticket.snippet, delivery_state: 'sent' as const, sent_at: ago(100) })]
      : []),
  ];
}

export function timelineOf(ticket: R.Ticket): R.TimelineEvent[] {
  if (ticket.number !== 48213) return [];
  const rule = { type: 'rule', id: 'r1', name: 'Urgent cancellation' };
  return [
    {
      seq: 11,
      type: 'rule.ran',
      at: ago(41),
      actor: rule,
      ticket_id: ticket.id,
      data: {
        run_id: 'run1',
        rule_id: 'r1',
        rule_name: 'Urgent cancellation',
        actions: ['tagged cancellation', 'set priority urgent'],
      },
    },
    {
      seq: 12,
      type: 'ticket.tagged',
      at: ago(41),
      actor: rule,
      ticket_id: ticket.id,
      data: { change: { tags: [[], ['cancellation']] } },
    },
    {
      seq: 13,
      type: 'ticket.priority_changed',
      at: ago(41),
      actor: rule,
      ticket_id: ticket.id,
      data: { change: { priority: ['normal', 'urgent'] } },
    },
    {
      seq: 14,
      type: 'ticket.assigned',
      at: ago(41),
      actor: rule,
      ticket_id: ticket.id,
      data: { change: { assignee_id: [null, 'u1'] } },
    },
  ];
}

const order = (number: string, minutes: number, total: number, part: Partial<R.Order>): R.Order => ({
  id: `o${number}`,
  number,
  store: { id: 's1', slug: 'fr', kind: 'demo', name: 'FR store' },
  placed_at: ago(minutes),
  state: 'unfulfilled',
  state_text: 'Unfulfilled',
  financial_status: 'paid',
  financial_text: 'Paid',
  fulfillment_status: 'unfulfilled',
  fulfillment_text: 'Unfulfilled',
  total: money(total),
  refunded: money(0),
  pick_at: null,
  promised_at: null,
  cancelled_at: null,
  shipping_address: {},
  lines: [],
  fulfillments: [],
  refunds: [],
  steps: [],
  as_of: ago(1),
  version: 1,
  ...part,
});
const line = (title: string, variant: string, price: number, picture: string): R.OrderLine => ({
  title,
  variant,
  sku: '',
  quantity: 1,
  fulfilled_quantity: 0,
  price: money(price),
  total: money(price),
  picture,
  image_url: '',
});
export const orders: R.Order[] = [
  order('1042', 63, 8490, {
    pick_at: ago(-16),
    lines: [
      line('Linen shirt Noor', 'Flax · S', 5900, 'shirt'),
      line('Napkins, set of four', 'Mist', 2590, 'napkins'),
    ],
    steps: [
      { name: 'paid', at: ago(63), state: 'done' },
      { name: 'picking', at: ago(-16), state: 'now' },
      { name: 'shipped', at: ago(-2000), state: 'ahead' },
      { name: 'delivered', at: ago(-7000), state: 'ahead' },
    ],
  }),
  order('0997', 10_000, 4200, { fulfillment_status: 'delivered' }),
  order('0911', 70_000, 12_000, {
    fulfillment_status: 'returned',
    refunds: [{ amount: money(490), reason: '', refunded_at: ago(60_000) }],
  }),
];
export const spend: R.SpendSummary = {
  order_count: 9,
  returned_count: 1,
  returned_percent: 11,
  spent: [money(128_400)],
};

export const macros: R.Macro[] = [
  ['Cancel — done, refunded', 'Cancellations'],
  ['Cancel — too late, offer return', 'Cancellations'],
  ['Cancel — keep one item', 'Cancellations'],
  ['Where is my order — in transit', 'Shipping'],
  ['Out of stock apology', 'Stock'],
].map(([name = '', folder = ''], index) => ({
  id: `mac${index}`,
  name,
  folder,
  language_variants: [
    {
      language: 'en',
      subject: null,
      body: 'Hi {{ customer.first_name }}, order {{ order.number }} is cancelled and {{ order.total }} is on its way back to your {{ order.refund.method }}. Banks take 5–10 days to show it.',
    },
    { language: 'fr', subject: null, body: 'Bonjour {{ customer.first_name }}, …' },
    { language: 'de', subject: null, body: 'Hallo {{ customer.first_name }}, …' },
  ],
  actions: [{ type: 'add_tag', params: { tag: 'cancellation' } }],
  is_active: true,
  usage_count: 212 - index * 40,
  version: 1,
}));

const renderedText =
  'Hi Mia, order #1042 is cancelled and €84.90 is on its way back to your ⟦order.refund.method⟧. Banks take 5–10 days to show it.\nThe M is set aside for you until tonight.';
const spanFor = (text: string, path: string, value: string) => ({
  start: text.indexOf(value),
  end: text.indexOf(value) + value.length,
  path,
  value,
});
export const rendered: R.RenderedMacro = {
  text: renderedText,
  html: '',
  subject: null,
  language: 'en',
  missing: [
    { path: 'order.refund.method', reason: 'The shop has not refunded this order yet.', sentence: '' },
  ],
  spans: [
    spanFor(renderedText, 'order.number', '#1042'),
    spanFor(renderedText, 'order.total', '€84.90'),
    spanFor(renderedText, 'refund_days', '5–10 days'),
  ],
  order: { id: 'o1042', number: '1042' },
  orders: [
    { id: 'o1042', number: '1042' },
    { id: 'o0997', number: '0997' },
  ],
  actions: [
    { type: 'add_tag', description: 'cancellation' },
    { type: 'set_status', description: 'Close ticket' },
  ],
};

export const run: R.RuleRun = {
  id: 'run1',
  rule_id: 'r1',
  rule_name: 'Urgent cancellation',
  rule_version: 7,
  ticket_id: tickets[0]?.id ?? '',
  message_id: null,
  at: ago(41),
  is_match: true,
  trace: [
    { path: 'conditions', text: 'All of', actual: null, wanted: null, is_true: true },
    {
      path: 'conditions/all/0',
      text: 'Message intent is any of cancel order',
      actual: 'cancel_order',
      wanted: ['cancel_order'],
      is_true: true,
    },
    {
      path: 'conditions/all/1',
      text: 'Newest order fulfilment is unfulfilled',
      actual: 'unfulfilled',
      wanted: 'unfulfilled',
      is_true: true,
    },
    {
      path: 'conditions/all/2',
      text: 'Newest order age is less than 2 days',
      actual: '1 hour',
      wanted: '2 days',
      is_true: true,
    },
  ],
  actions: [
    { type: 'add_tag', description: 'Add tag cancellation', outcome: 'done' },
    { type: 'set_priority', description: 'Set priority urgent', outcome: 'done' },
  ],
};
export const rules: R.Rule[] = [
  {
    id: 'r1',
    name: 'Urgent cancellation',
    is_active: true,
    triggers: ['message.understood'],
    conditions: {
      all: [
        { field: 'message.intent', operator: 'is', value: 'cancel_order' },
        {
          any: [
            { field: 'order.fulfillment_status', operator: 'is', value: 'unfulfilled' },
            { field: 'order.age_days', operator: 'less_than', value: 2 },
          ],
        },
        { not: { field: 'tags', operator: 'contains', value: 'no-auto' } },
      ],
    },
    actions: [
      { type: 'add_tag', params: { tag: 'cancellation' }, description: 'Add tag cancellation' },
      { type: 'set_priority', params: { priority: 'urgent' }, description: 'Set priority urgent' },
    ],
    stop_after: false,
    version: 7,
  },
  {
    id: 'r2',
    name: 'Where is my order',
    is_active: true,
    triggers: ['message.understood'],
    conditions: { field: 'message.intent', operator: 'is', value: 'where_is_my_order' },
    actions: [{ type: 'add_tag', params: { tag: 'wismo' }, description: 'Add tag wismo' }],
    version: 3,
  },
];

export const inbound: R.InboundMail[] = [
  {
    id: 'i1',
    channel_id: 'c1',
    received_at: ago(2),
    size_bytes: 4800,
    from_address: { name: 'Mia Laurent', address: 'mia.laurent@posteo.example' },
    subject: 'Re: Cancel my order please',
    state: 'processed',
    fate: 'message',
    reason: null,
    ticket_id: tickets[0]?.id ?? null,
    attempts: 1,
  },
  {
    id: 'i2',
    channel_id: 'c1',
    received_at: ago(14),
    size_bytes: 1_400_000,
    from_address: null,
    subject: null,
    state: 'quarantined',
    fate: null,
    reason: 'The mail could not be read: too many nested parts (limit 100).',
    ticket_id: null,
    attempts: 3,
  },
  {
    id: 'i3',
    channel_id: 'c1',
    received_at: ago(31),
    size_bytes: 3000,
    from_address: { name: '', address: 'mailer-daemon@posteo.example' },
    subject: 'Undelivered Mail Returned to Sender',
    state: 'processed',
    fate: 'bounce',
    reason: null,
    ticket_id: null,
    attempts: 1,
  },
];

const days = Array.from({ length: 30 }, (_, index) => {
  const average = 4.5 + 0.2 * Math.sin(index / 3) - (index === 18 ? 0.45 : 0);
  return {
    date: new Date(now - (29 - index) * 86_400_000).toISOString().slice(0, 10),
    average,
    n: 20 + (index % 9),
    low: average - 0.15,
    high: Math.min(5, average + 0.15),
  };
});
export const csat: R.CsatReport = {
  tiles: { average: 4.52, response_rate: 0.31, sent: 3410, answered: 1057, low: 48 },
  previous: { average: 4.41, response_rate: 0.33, sent: 3300, answered: 1089, low: 57 },
  days,
  distribution: { '1': 20, '2': 28, '3': 65, '4': 211, '5': 733 },
  comments: [
    {
      score: 2,
      comment: 'Dix jours pour un remboursement, et personne ne m’a prévenue.',
      ticket_id: tickets[9]?.id ?? '',
      number: 48102,
      customer_name: 'Léa Fontaine',
      at: ago(70),
    },
    {
      score: 1,
      comment: 'Kurier zostawił paczkę pod drzwiami w deszczu, obrus do prania.',
      ticket_id: tickets[1]?.id ?? '',
      number: 48066,
      customer_name: 'Marek Zieliński',
      at: ago(150),
    },
    {
      score: 5,
      comment: 'Fast, friendly, solved.',
      ticket_id: tickets[13]?.id ?? '',
      number: 47951,
      customer_name: 'Bea Rossi',
      at: ago(2000),
    },
  ],
  agents: [
    { user_id: 'u1', name: 'Ana Weber', rated: 512, average: 4.6, low: 18 },
    { user_id: 'u2', name: 'Jonas Bauer', rated: 431, average: 4.5, low: 22 },
    { user_id: 'u3', name: 'Petra Nováková', rated: 3, average: 4.3, low: 1 },
  ],
};
export { me as mineConditions };
