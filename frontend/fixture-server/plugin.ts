import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Plugin, PreviewServer } from 'vite';
import * as data from './data.ts';

type Reply = (status: number, body: unknown) => void;

const page = (results: unknown[]) => ({ results, next: null });

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  try {
    return JSON.parse(text || '{}') as Record<string, unknown>;
  } catch {
    return {};
  }
}

function bootstrap() {
  return {
    me: data.users[0],
    organization: { id: 'org', name: 'Linden & Loom', slug: 'linden', settings: { undo_send_seconds: 10 } },
    users: data.users,
    teams: data.teams,
    tags: data.tags,
    channels: data.channels,
    views: data.views,
    view_order: [],
    macros: data.macros.map(({ id, name, folder }) => ({ id, name, folder })),
    event: { cursor: 100, epoch: 'fixture' },
    counts: data.counts,
  };
}

function listTickets(url: URL) {
  const view = url.searchParams.get('view');
  const q = (url.searchParams.get('q') ?? '').toLowerCase();
  let results = data.tickets.filter((ticket) =>
    `${ticket.subject} ${ticket.snippet}`.toLowerCase().includes(q),
  );
  if (view === 'snoozed' || view === 'closed') results = results.filter((ticket) => ticket.status === view);
  if (view === 'unassigned') results = [];
  return { ...page(results), customers: data.customers, total: results.length };
}

async function answer(request: IncomingMessage, url: URL, reply: Reply): Promise<void> {
  const path = url.pathname.replace('/api/v1', '');
  const body = request.method === 'GET' ? {} : await bodyOf(request);
  const ticket = data.tickets.find((each) => path.startsWith(`/tickets/${each.id}`));
  if (path === '/bootstrap') return reply(200, bootstrap());
  if (path === '/tickets' && request.method === 'GET') return reply(200, listTickets(url));
  if (ticket && path.endsWith('/messages') && request.method === 'POST') {
    const messages = data.messagesOf(ticket);
    const now = new Date();
    return reply(201, {
      ...messages[0],
      ...body,
      author: { type: 'agent', id: 'u1', name: 'Ana Weber' },
      ticket_id: ticket.id,
      position: 99,
      direction: body.kind === 'note' ? 'internal' : 'out',
      kind: body.kind,
      to: [],
      attachments: [],
      quoted_text: '',
      has_html: false,
      created_at: now.toISOString(),
      delivery_state: body.kind === 'note' ? null : 'held',
      send_after: new Date(now.getTime() + 10_000).toISOString(),
      version: 1,
    });
  }
  if (ticket && request.method === 'PATCH') {
    Object.assign(ticket, body, { version: ticket.version + 1 });
    return reply(200, ticket);
  }
  if (ticket && path.includes('/drafts/')) return reply(200, { ...body, rev: Number(body.rev ?? 0) + 1 });
  if (ticket) {
    const customer = data.customers.find((each) => each.id === ticket.customer_id);
    return reply(200, {
      ticket,
      customer,
      messages: data.messagesOf(ticket),
      messages_next: null,
      timeline: data.timelineOf(ticket),
      drafts: [],
    });
  }
  if (/^\/customers\/[^/]+\/orders$/.test(path))
    return reply(
      200,
      path.includes('/k1/')
        ? { orders: data.orders, summary: data.spend }
        : { orders: [], summary: { ...data.spend, order_count: 0 } },
    );
  if (/^\/customers\/[^/]+\/tickets$/.test(path))
    return reply(200, {
      ...page(data.tickets.filter((each) => path.includes(`/${each.customer_id}/`))),
      customers: [],
    });
  if (path === '/customers') return reply(200, page(data.customers));
  if (path.startsWith('/macros/check')) return reply(200, { problems: [] });
  if (path.endsWith('/render')) return reply(200, data.rendered);
  if (path === '/macros') return reply(200, page(data.macros));
  if (path.startsWith('/macros/'))
    return reply(
      200,
      data.macros.find((each) => path.endsWith(each.id)),
    );
  if (path === '/rules') return reply(200, page(data.rules));
  if (path.endsWith('/runs')) return reply(200, page([data.run]));
  if (path.startsWith('/rule-runs/')) return reply(200, data.run);
  if (path === '/reports/csat') return reply(200, data.csat);
  if (path === '/inbound')
    return reply(
      200,
      page(
        data.inbound.filter(
          (each) => !url.searchParams.get('state') || each.state === url.searchParams.get('state'),
        ),
      ),
    );
  if (path === '/channels') return reply(200, page(data.channels));
  if (path === '/tokens')
    return reply(
      200,
      page([
        { id: 'tk1', name: 'Warehouse script', created_at: data.ago(90_000), last_used_at: data.ago(30) },
      ]),
    );
  if (path === '/me') return reply(200, data.users[0]);
  return reply(404, { title: 'Not found', status: 404, code: 'not_found', instance: '8F2C-41A' });
}

function handle(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname.endsWith('/html') && url.pathname.startsWith('/api')) {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end('<p style="font:15px Georgia">Hi, can you cancel <b>#1042</b>?</p>');
    return;
  }
  if (url.pathname.startsWith('/_allauth')) return void response.end('{}');
  if (!url.pathname.startsWith('/api/v1')) return next();
  void answer(request, url, (status, body) => {
    response.statusCode = status;
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(body));
  });
}

function openSockets(server: PreviewServer['httpServer']): void {
  const sockets = new WebSocketServer({ noServer: true });
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!request.url?.startsWith('/ws/agent')) return;
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('message', (text) => {
        const frame = JSON.parse(String(text)) as { type: string };
        if (frame.type !== 'hello') return;
        client.send(JSON.stringify({ type: 'hello', cursor: 100, epoch: 'fixture', head: 100 }));
        const ticket_id = data.tickets[0]?.id;
        client.send(
          JSON.stringify({ type: 'presence', ticket_id, users: [{ id: 'u2', state: 'replying' }] }),
        );
      });
    });
  };
  server.on('upgrade', onUpgrade);
}

/** The made-up shop, from memory: `npm run fixture` beside the built app. */
export function fixtureServer(): Plugin {
  return {
    name: 'fixture-server',
    configurePreviewServer(server) {
      openSockets(server.httpServer);
      server.middlewares.use(handle);
    },
  };
}
