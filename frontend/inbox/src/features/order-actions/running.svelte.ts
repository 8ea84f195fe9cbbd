import { ApiProblem, type Order } from '@aftercare/api';
import { ordersApi, type ActionKind, type ActionPreview, type OrderAction } from '@aftercare/api/orders.ts';
import type { App } from '$lib/app.svelte';
import { isWrittenFirst } from './forms/form';
import { followed, isOpen, isUnderWay, NOTHING, phaseOf, previewed, refused, type Flow } from './flow';

const PAUSE_MS = 350;
const LOOK_AGAIN_MS = 2_500;

export interface Left {
  /** It is under way, or already over. */
  underWay(action: OrderAction): void;
  /** Nothing came of it. */
  failed(problem: ApiProblem | null): void;
}

/**
 * One action from the first look to its end. Its id is made once and is the key it is sent with:
 * whatever gets lost, it can be sent again under no other key.
 */
export class Running {
  flow = $state.raw<Flow>(NOTHING);
  params = $state.raw<Record<string, unknown>>({});
  /** Whether what is written is enough to ask with. */
  isComplete = $state(true);
  note = $state('');
  /** A confirmation that never reached the server. */
  wasNotSent = $state(false);

  readonly id: string;
  private controller: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private looking: ReturnType<typeof setTimeout> | undefined;
  private isOver = false;
  /** Where word goes of what was confirmed, once nobody looks at the sheet any more. */
  private left: Left | null = null;

  constructor(
    private readonly app: App,
    readonly kind: ActionKind,
    readonly order: Order | null,
    readonly ticketId: string | null,
    private readonly given: {
      params?: Record<string, unknown>;
      action?: OrderAction;
      onstarted?: (action: OrderAction) => void;
    } = {},
  ) {
    this.id = given.action?.id ?? crypto.randomUUID();
    this.params = given.params ?? given.action?.params ?? {};
    if (given.action) this.flow = { ...NOTHING, action: given.action };
  }

  get phase() {
    return phaseOf(this.flow);
  }

  get action(): OrderAction | null {
    return this.flow.action;
  }

  /** What is wanted changed: the shop is asked what would happen then. */
  change(params: Record<string, unknown> | null): void {
    this.controller?.abort();
    clearTimeout(this.timer);
    this.wasNotSent = false;
    this.isComplete = params !== null;
    if (params === null) {
      this.flow = { ...this.flow, isAsking: false, problem: null };
      return;
    }
    this.params = params;
    this.flow = { ...this.flow, isAsking: true };
    this.timer = setTimeout(() => void this.look(), PAUSE_MS);
  }

  /** The first look, as far as there is something to ask. */
  async begin(): Promise<void> {
    const isBlank = Object.keys(this.params).length === 0;
    if (!this.flow.action && isBlank && isWrittenFirst(this.kind)) this.isComplete = false;
    else await this.look();
  }

  async look(): Promise<void> {
    this.controller?.abort();
    const controller = (this.controller = new AbortController());
    this.flow = { ...this.flow, isAsking: true };
    try {
      const preview = await this.ask(controller.signal);
      if (controller.signal.aborted || this.isOver) return;
      this.params = preview.params;
      this.flow = previewed(this.flow, preview, this.id);
    } catch (raised) {
      if (controller.signal.aborted || this.isOver) return;
      this.fail(raised);
    }
  }

  private ask(signal: AbortSignal): Promise<ActionPreview> {
    if (this.flow.action) return ordersApi.previewOf(this.id, signal);
    const { kind, params, ticketId } = this;
    return ordersApi.preview(this.order?.id ?? '', { kind, params, ticket_id: ticketId }, signal);
  }

  get canConfirm(): boolean {
    const { phase, flow } = this;
    const isShown =
      phase === 'ready' || phase === 'changed' || (phase === 'proposed' && flow.preview !== null);
    return isShown && flow.preview !== null && !flow.isAsking && this.isComplete && flow.problem === null;
  }

  /** Does it, once: pressed twice, it is one action. */
  async confirm(): Promise<void> {
    const token = this.flow.preview?.preview_token;
    if (!token || !this.canConfirm) return;
    const orderId = this.order?.id ?? '';
    const body = { preview_token: token, ...(this.note.trim() ? { note: this.note.trim() } : {}) };
    const isProposal = this.flow.action?.state === 'proposed';
    await this.submit(() =>
      isProposal ? ordersApi.confirm(this.id, body) : ordersApi.start(orderId, { id: this.id, ...body }),
    );
  }

  approve = () => this.submit(() => ordersApi.approve(this.id, this.flow.preview?.preview_token ?? ''));
  reject = (reason: string) => this.submit(() => ordersApi.reject(this.id, reason));
  retry = () => this.submit(() => ordersApi.retry(this.id));
  settle = (didHappen: boolean) => this.submit(() => ordersApi.settle(this.id, didHappen, ''));

  private async submit(send: () => Promise<OrderAction>): Promise<void> {
    if (this.flow.isSubmitting) return;
    this.wasNotSent = false;
    this.flow = { ...this.flow, isSubmitting: true };
    try {
      this.take(await send());
    } catch (raised) {
      this.fail(raised);
    }
  }

  /** Word of this action, or of the one that is in its way. */
  take(action: OrderAction): void {
    const { taken } = this.flow;
    if (action.id === this.id && !this.flow.action) this.given.onstarted?.(action);
    if (action.id !== this.id && action.id !== taken?.id) return;
    this.flow = followed(this.flow, action);
    clearTimeout(this.looking);
    if (this.isOver) {
      if (action.id === this.id) this.left?.underWay(action);
      return;
    }
    // Events tell; where the line is down, it is asked for.
    const watched = this.flow.action ?? this.flow.taken;
    if (watched && isOpen(watched)) this.lookAgain(watched.id);
    else if (taken && !this.flow.action) void this.look();
  }

  private fail(raised: unknown): void {
    if (!(raised instanceof ApiProblem)) throw raised;
    if (this.app.noticeSignedOut(raised)) {
      this.flow = { ...this.flow, isAsking: false, isSubmitting: false };
      return;
    }
    const decided = (raised.document as unknown as { order_action?: OrderAction }).order_action;
    this.flow = refused(this.flow, raised);
    if (decided) this.take(decided);
    if (this.flow.isLost) this.lookAgain(this.id);
    else if (this.isOver) this.left?.failed(raised);
    if (this.flow.taken && !this.isOver) this.lookAgain(this.flow.taken.id);
  }

  private lookAgain(id: string): void {
    clearTimeout(this.looking);
    this.looking = setTimeout(() => void this.lookUp(id), LOOK_AGAIN_MS);
  }

  /** What became of it, by its key. Never sends it again. */
  private async lookUp(id: string): Promise<void> {
    try {
      this.take(await ordersApi.action(id));
    } catch (raised) {
      if (!(raised instanceof ApiProblem)) throw raised;
      if (this.isOver && raised.status === 404) this.left?.failed(null);
      else if (raised.status === 404 && this.flow.isLost) {
        this.flow = { ...this.flow, isLost: false, problem: null };
        this.wasNotSent = true;
        await this.look();
      } else this.lookAgain(id);
    }
  }

  /** The sheet is closed. What was confirmed goes on, and is told where it was asked to be. */
  stop(left: Left): void {
    const { phase, action } = this;
    this.isOver = true;
    this.controller?.abort();
    clearTimeout(this.timer);
    if (phase === 'submitting' || this.flow.isLost) this.left = left;
    else {
      clearTimeout(this.looking);
      if (action && isUnderWay(phase)) left.underWay(action);
    }
  }
}
