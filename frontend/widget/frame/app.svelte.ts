import { Host, type FromLoader } from './host';
import { ownStorage, Shelf, type Unsent } from './kept';
import { Line, type FromServer, type SocketLike } from './line';
import { merged } from './lines';
import { Outbox } from './outbox';
import type { Answer, Boot, Conversation, FileRecord, Message, Order, Session, Visitor } from './records';
import { Refusal, Server } from './server';
import { Speech, type Words } from './words';

type Extra = typeof import('./extra');
export type View = 'home' | 'chat' | 'track' | 'order' | 'help';

/** A file on its way to the server, or there already. */
export interface Upload {
  key: string;
  name: string;
  size: number;
  share: number;
  problem: string;
  file: FileRecord | null;
  source: File;
  stop: AbortController;
}

export interface Page {
  boot: Boot;
  words: Words;
  preview: boolean;
}

const HIDDEN_LIMIT_MS = 300_000;
const TYPING_AGAIN_MS = 3_000;
const TYPING_ENDS_MS = 6_000;

/** The one of this page; main.ts makes it before anything is drawn. */
export let frame: Frame;

export function begin(page: Page): Frame {
  frame = new Frame(page);
  return frame;
}

/** Everything the frame knows. Components read it and call what people do. */
export class Frame {
  boot = $state.raw<Boot>()!;
  view = $state.raw<View>('home');
  isShown = $state.raw(false);
  isOnline = $state.raw(navigator.onLine);
  /** The server was asked and did not answer. */
  isLost = $state.raw(false);
  visitor = $state.raw<Visitor | null>(null);
  conversations = $state.raw<Conversation[]>([]);
  orders = $state.raw<Order[]>([]);
  order = $state.raw<Order | null>(null);
  /** The answer that is read in the help; null while it is looked for. */
  answer = $state.raw<Answer | null>(null);
  /** The open conversation; null for one that has no message yet. */
  current = $state.raw<string | null>(null);
  messages = $state.raw<Message[]>([]);
  hasEarlier = $state.raw(false);
  unsent = $state.raw<readonly Unsent[]>([]);
  uploads = $state.raw<readonly Upload[]>([]);
  extra = $state.raw<Extra | null>(null);
  typing = $state.raw('');
  draft = $state.raw('');
  greeting = $state.raw('');
  about = $state.raw<string | undefined>();
  problem = $state.raw('');
  hasAsked = $state.raw(false);
  isLoading = $state.raw(false);
  now = $state.raw(new Date());
  readonly words: Speech;
  readonly host: Host;
  private readonly server: Server;
  private readonly shelf: Shelf;
  private readonly outbox: Outbox;
  private readonly line: Line;
  private session: Promise<void> | null = null;
  private identity: { token?: string; traits?: Record<string, unknown> } = {};
  private context: Record<string, unknown> = {};
  private page: { url: string; title: string } | null = null;
  private hidden: ReturnType<typeof setTimeout> | undefined;
  private typingEnds: ReturnType<typeof setTimeout> | undefined;
  private saidTypingAt = 0;

  constructor(page: Page) {
    const { boot } = page;
    this.boot = boot;
    this.isPreview = page.preview;
    this.words = new Speech(boot.locale, page.words);
    this.server = new Server(boot.site);
    this.shelf = new Shelf(`aftercare:${boot.site}`, page.preview ? null : ownStorage());
    const { token, draft, asked, open, view } = this.shelf.now;
    this.server.token = token;
    this.draft = draft;
    this.hasAsked = asked;
    this.current = open;
    if (view === 'chat') this.view = view;
    this.outbox = new Outbox(this.shelf, {
      send: (message) => this.post(message),
      later: (call, milliseconds) => setTimeout(call, milliseconds),
      changed: () => this.outboxChanged(),
    });
    this.line = new Line({
      open: () => this.openSocket(),
      after: () => this.positions(),
      hear: (message) => this.hear(message),
      poll: () => this.poll(),
      later: (call, milliseconds) => setTimeout(call, milliseconds),
      never: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
      random: Math.random,
    });
    this.host = new Host(location.hash, (message) => this.obey(message));
    this.unsent = this.outbox.all;
    this.watchBrowser();
    this.wasHidden();
    if (this.unsent.length) this.outbox.wake();
    if (token) void this.begin().catch(() => undefined);
  }

  get conversation(): Conversation | null {
    return this.conversations.find((each) => each.id === this.current) ?? null;
  }

  /** What is on its way in the open conversation. */
  get waiting(): Unsent[] {
    return this.unsent.filter((each) => each.conversation === this.current);
  }

  get needsEmail(): boolean {
    return this.boot.asks_email !== 'never' && !this.visitor?.email && !this.hasAsked;
  }

  // Going from view to view

  go(view: View): void {
    this.view = view;
    this.problem = '';
    this.shelf.keep({ view, open: this.current });
    this.arrange();
    if (view !== 'home') void this.more();
    if (view === 'chat') this.noteSeen();
  }

  close(): void {
    this.host.tell('close');
  }

  openChat(id: string | null): void {
    if (id !== this.current) {
      this.messages = [];
      this.hasEarlier = false;
      this.typing = '';
    }
    this.current = id;
    this.go('chat');
    if (id) void this.loadMessages().catch(() => undefined);
  }

  /** The conversation to go on with, or a new one. */
  chat(): void {
    const open = this.conversations.find((each) => each.status === 'open') ?? this.conversations[0];
    this.openChat(this.current ?? open?.id ?? null);
  }

  prefill(text: string): void {
    this.setDraft(text);
    this.chat();
  }

  speak(locale: string): void {
    const url = new URL(location.href);
    if (url.searchParams.get('locale') === locale) return;
    url.searchParams.set('locale', locale);
    location.replace(url);
  }

  // Who is here

  /** A session with the server: the one that is there, or a new one. */
  begin(isNew = false): Promise<void> {
    if (this.session && !isNew) return this.session;
    this.session = this.startSession().catch((error: unknown) => {
      this.session = null;
      throw error;
    });
    return this.session;
  }

  private async startSession(): Promise<void> {
    const body = {
      visitor_token: this.server.token,
      ...this.identity,
      locale: this.boot.locale,
      page: this.page,
      context: this.context,
    };
    let session: Session;
    try {
      session = await this.server.call<Session>('POST', 'sessions', body);
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) {
        // A forged or expired identity: nothing of it stays, nor of who was here before.
        this.identity = {};
        this.forget();
        this.host.emit('error', error.code);
      }
      throw error;
    }
    const isSame = this.visitor === null || this.visitor.id === session.visitor.id;
    if (!isSame) this.openChat(null);
    this.server.token = session.visitor_token;
    this.shelf.keep({ token: session.visitor_token });
    this.visitor = session.visitor;
    this.orders = session.orders;
    if (session.orders.length) void this.more();
    this.setConversations(session.conversations);
    if (this.current && !this.conversation) this.openChat(null);
    this.keepHint(session.hint);
    if (this.current) await this.loadMessages().catch(() => undefined);
    this.line.restart();
    this.arrange();
  }

  /** Leave nothing of this person behind. */
  private forget(): void {
    this.shelf.clear();
    this.server.token = '';
    this.session = null;
    this.visitor = null;
    this.orders = [];
    this.order = null;
    this.messages = [];
    this.uploads.forEach((each) => each.stop.abort());
    this.uploads = [];
    this.unsent = [];
    this.draft = '';
    this.current = null;
    this.hasAsked = false;
    this.setConversations([]);
    this.go('home');
    this.keepHint('');
    this.arrange();
  }

  private keepHint(hint: string): void {
    this.hint = hint;
    this.host.tell('keep', { hint, pending: this.unsent.length > 0 });
  }
  private hint = '';
  private readonly isPreview: boolean;

  dontAsk(): void {
    this.hasAsked = true;
    this.shelf.keep({ asked: true });
  }

  // Writing

  setDraft(text: string): void {
    this.draft = text;
    this.shelf.keep({ draft: text });
    if (text) this.sayTyping();
  }

  /** Put it on its way; what the shopper sees at once is what the outbox holds. */
  send(text = this.draft): void {
    const files = this.uploads.flatMap((each) => (each.file ? [each.file] : []));
    if (!text.trim() && !files.length) return;
    if (text === this.draft) this.setDraft('');
    this.uploads = this.uploads.filter((each) => !each.file);
    this.outbox.add({
      id: newId(),
      conversation: this.current,
      text: text.trim(),
      files,
      at: new Date().toISOString(),
      order: this.about,
    });
    this.saidTypingAt = 0;
    this.about = undefined;
    this.arrange();
  }

  retry(id: string): void {
    this.outbox.retry(id);
  }

  private async post(unsent: Unsent): Promise<{ conversation_id: string }> {
    await this.begin();
    const answer = await this.server
      .call<{ conversation_id: string; message: Message }>('POST', 'messages', {
        id: unsent.id,
        conversation_id: unsent.conversation,
        text: unsent.text,
        attachment_ids: unsent.files.map((each) => each.id),
        page: this.page,
        context: { ...this.context, ...(unsent.order && { order: unsent.order }) },
      })
      .catch((error: unknown) => {
        if (error instanceof Refusal && error.status === 401) this.session = null;
        throw error;
      });
    const { conversation_id: id, message } = answer;
    this.host.emit('sent', { text: unsent.text });
    if (!unsent.conversation) this.host.emit('conversationStarted', { id });
    if (unsent.conversation === this.current) {
      this.current = id;
      this.shelf.keep({ open: id });
      this.messages = merged(this.messages, [message]);
    }
    if (!this.conversations.some((each) => each.id === id)) await this.refresh();
    return answer;
  }

  private outboxChanged(): void {
    this.unsent = this.outbox.all;
    this.host.tell('keep', { hint: this.hint, pending: this.unsent.length > 0 });
  }

  private sayTyping(): void {
    const now = Date.now();
    if (!this.current || now - this.saidTypingAt < TYPING_AGAIN_MS) return;
    this.saidTypingAt = now;
    this.line.say({ type: 'typing', conversation_id: this.current, is_typing: true });
  }

  // What is not needed at first

  /** The views and cards that most visits never see. */
  async more(): Promise<Extra> {
    this.extra = await (this.loading ??= import('./extra'));
    return this.extra;
  }
  private loading: Promise<Extra> | undefined;

  /** The help with nothing typed yet. */
  seek(): void {
    this.answer = null;
    this.go('help');
  }

  /** One answer by its id: from the first view, or by the page's own link. */
  read(id: string): void {
    void this.more().then(({ openAnswer }) => openAnswer(id));
  }

  showOrder(order: Order): void {
    this.order = order;
    this.go('order');
  }

  call = <Answer>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> =>
    this.server.call<Answer>(method, path, body);

  sendFile = (
    file: Blob,
    name: string,
    onShare: (share: number) => void,
    signal: AbortSignal,
  ): Promise<FileRecord> => this.server.upload<FileRecord>(file, name, onShare, signal);

  // Hearing

  async loadMessages(): Promise<void> {
    const id = this.current;
    if (!id) return;
    const last = this.messages.at(-1)?.position;
    this.isLoading = last === undefined;
    try {
      await this.begin();
      const query = last === undefined ? 'limit=30' : `after=${last}&limit=100`;
      const answer = await this.server.call<{ messages: Message[]; has_more: boolean }>(
        'GET',
        `conversations/${id}/messages?${query}`,
      );
      if (id !== this.current) return;
      this.messages = merged(this.messages, answer.messages);
      if (last === undefined) this.hasEarlier = answer.has_more;
      else if (answer.has_more) await this.loadMessages();
    } finally {
      this.isLoading = false;
    }
    this.noteSeen();
  }

  private hear(message: FromServer): void {
    this.isLost = false;
    if (message.type === 'conversation') this.hearConversation(message.conversation);
    else if (message.type === 'message') this.hearMessage(message.conversation_id, message.message);
    else if (message.type === 'typing' && message.conversation_id === this.current) {
      clearTimeout(this.typingEnds);
      this.typing = message.is_typing ? message.name || this.boot.name : '';
      this.typingEnds = setTimeout(() => (this.typing = ''), TYPING_ENDS_MS);
    } else if (message.type === 'seen')
      this.setConversations(
        this.conversations.map((each) =>
          each.id === message.conversation_id
            ? { ...each, seen_by_agent_position: Math.max(each.seen_by_agent_position, message.position) }
            : each,
        ),
      );
  }

  private hearConversation(conversation: Conversation): void {
    const others = this.conversations.filter((each) => each.id !== conversation.id);
    this.setConversations([conversation, ...others]);
    this.arrange();
    this.noteSeen();
  }

  private hearMessage(id: string, message: Message): void {
    const isNew = !this.messages.some((each) => each.position === message.position);
    if (id === this.current) {
      this.messages = merged(this.messages, [message]);
      if (message.author === 'agent') this.typing = '';
      this.noteSeen();
    }
    if (isNew && message.author === 'agent') this.host.emit('message', { text: message.text });
  }

  /** What a socket would have said, asked for. */
  private async poll(): Promise<void> {
    try {
      await this.refresh();
      await this.loadMessages();
      this.isLost = false;
    } catch {
      this.isLost = true; // The next question comes anyway.
    }
  }

  private async refresh(): Promise<void> {
    this.setConversations(await this.server.call<Conversation[]>('GET', 'conversations'));
    this.arrange();
  }

  setConversations(conversations: Conversation[]): void {
    this.conversations = conversations;
    this.host.tell('unread', { count: conversations.reduce((sum, each) => sum + each.unread, 0) });
  }

  private positions(): Record<string, number> {
    return Object.fromEntries(
      this.conversations.map((each) => [
        each.id,
        each.id === this.current ? (this.messages.at(-1)?.position ?? 0) : each.last_position,
      ]),
    );
  }

  /** Tell the team that what stands here has been seen, if somebody can see it. */
  private noteSeen(): void {
    const { conversation } = this;
    const last = this.messages.at(-1)?.position ?? 0;
    if (!this.isShown || this.view !== 'chat' || document.hidden || !conversation?.unread || !last) return;
    const id = conversation.id;
    this.setConversations(this.conversations.map((each) => (each.id === id ? { ...each, unread: 0 } : each)));
    if (!this.line.say({ type: 'seen', conversation_id: id, position: last }))
      void this.server.call('POST', `conversations/${id}/seen`, { position: last }).catch(() => undefined);
  }

  private openSocket(): SocketLike {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const { token, site } = this.server;
    return new WebSocket(
      `${scheme}://${location.host}/ws/widget/${site}?token=${encodeURIComponent(token)}`,
    ) as unknown as SocketLike;
  }

  /** A socket only while somebody can read here, or a conversation is under way; not hidden for long. */
  private arrange(): void {
    const isTalking = this.conversations.some((each) => each.status === 'open');
    const isReading = this.isShown && this.view === 'chat';
    const isLongHidden = !this.isShown && this.hidden === undefined;
    this.line.want(!!this.server.token && !!this.visitor && (isReading || (isTalking && !isLongHidden)));
  }

  private obey(message: FromLoader): void {
    if (message.type === 'open') this.shown(message);
    else if (message.type === 'hidden') this.wasHidden();
    else if (message.type === 'leave') {
      this.forget();
      this.host.tell('keep', { hint: '', pending: false });
    } else if (message.type === 'identify') this.identify(message);
    else if (message.type === 'context') this.context = { ...this.context, ...message.context };
    else if (message.type === 'page') this.page = message.page;
    else if (message.type === 'locale') this.speak(message.locale);
    else if (this.isPreview && message.type === 'preview') {
      this.boot = { ...this.boot, ...(message.boot as Partial<Boot>) };
      const { theme, ...look } = message.look ?? {};
      const root = document.documentElement;
      if (theme) root.dataset.theme = theme;
      for (const name in look) root.style.setProperty(name, look[name]!);
    }
  }

  private shown({ view, text, greeting }: { view?: string; text?: string; greeting?: string }): void {
    clearTimeout(this.hidden);
    this.isShown = true;
    this.now = new Date();
    if (greeting) this.greeting = greeting;
    if (text) this.setDraft(text);
    if (view === 'chat') this.chat();
    else if (view === 'order') this.go('track');
    else if (view?.startsWith('article:')) this.read(view.slice(8));
    else if (view) this.go('home');
    else if (this.view === 'chat') this.chat();
    this.arrange();
    this.noteSeen();
  }

  private wasHidden(): void {
    this.isShown = false;
    this.hidden = setTimeout(() => {
      this.hidden = undefined;
      this.arrange();
    }, HIDDEN_LIMIT_MS);
    this.arrange();
  }

  private identify({
    token,
    name,
    traits,
  }: {
    token?: string;
    name?: string;
    traits?: Record<string, unknown>;
  }): void {
    this.identity = { ...(token && { token }), traits: { ...traits, ...(name && { name }) } };
    if (token || this.session) void this.begin(true).catch(() => undefined);
  }

  private watchBrowser(): void {
    addEventListener('online', () => {
      this.isOnline = true;
      this.outbox.wake();
      this.line.restart();
    });
    addEventListener('offline', () => (this.isOnline = false));
    addEventListener('pagehide', () => this.line.want(false));
    addEventListener('pageshow', (event) => event.persisted && this.arrange());
    document.addEventListener('visibilitychange', () => this.noteSeen());
    setInterval(() => (this.now = new Date()), 60_000);
  }
}

/** A random UUID, also on pages that are not secure enough for crypto.randomUUID. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((each) => each.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
