import { request, type Answer, type Query, type RequestOptions } from './http';
import type * as R from './records';
import { uploadFile, type Upload } from './upload';

const ROOT = '/api/v1';
export type UploadedFile = Pick<R.Attachment, 'id' | 'name' | 'size_bytes' | 'content_type'>;
async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return (await request<T>('GET', ROOT + path, { query, signal })).data;
}
async function send<T>(
  method: string,
  path: string,
  body?: unknown,
  options: RequestOptions = {},
): Promise<T> {
  return (await request<T>(method, ROOT + path, { ...options, body })).data;
}

/** Marks this page's own changes, so that their echo on the socket can be told from others' work. */
export const clientId: string = crypto.randomUUID();

/** Every call the app makes. Each raises ApiProblem. */
export const api = {
  bootstrap: () => get<R.Bootstrap>('/bootstrap'),

  /** The event log over HTTP: what came after a number. */
  events: (after: number, epoch: string) => get<R.EventPage>('/events', { after, epoch, limit: 200 }),
  /** Waits at the server until there is something new, half a minute at most. */
  waitForEvents: async (query: Query, signal: AbortSignal) =>
    (await request<R.Frames>('GET', `${ROOT}/events/wait`, { query, signal, timeoutSeconds: 45 })).data,
  bePresent: (body: Record<string, unknown>) => send<unknown>('POST', '/presence', body),

  tickets: (query: Query, signal?: AbortSignal) => get<R.TicketPage>('/tickets', query, signal),
  ticket: (id: R.Id, signal?: AbortSignal): Promise<Answer<R.TicketDetail>> =>
    request<R.TicketDetail>('GET', `${ROOT}/tickets/${id}`, { signal }),
  ticketByNumber: (number: string) => get<R.TicketDetail>(`/tickets/by-number/${number}`),
  messagesBefore: (id: R.Id, position: number) =>
    get<R.Page<R.Message>>(`/tickets/${id}/messages`, { before: position, limit: 30 }),
  messagesAfter: (id: R.Id, position: number) =>
    get<R.Page<R.Message>>(`/tickets/${id}/messages`, { after: position, limit: 100 }),
  /** With a version the server refuses when the ticket has changed since (code `version_conflict`). */
  changeTicket: (id: R.Id, patch: R.TicketPatch, version?: number) =>
    send<R.Ticket>(
      'PATCH',
      `/tickets/${id}`,
      { ...patch, client_id: clientId },
      version === undefined ? {} : { headers: { 'If-Match': `"${version}"` } },
    ),
  postMessage: (id: R.Id, message: R.OutgoingMessage) =>
    send<R.Message>('POST', `/tickets/${id}/messages`, { ...message, client_id: clientId }),
  templates: (channelId: R.Id) => get<R.Page<R.Template>>(`/channels/${channelId}/templates`),
  replyPlaces: (id: R.Id) => get<R.Page<R.ReplyPlace>>(`/tickets/${id}/reply-places`),
  follow: (id: R.Id, isFollowing: boolean) =>
    send<R.Ticket>(isFollowing ? 'PUT' : 'DELETE', `/tickets/${id}/follow`),
  createTicket: (body: Record<string, unknown>) =>
    send<R.Ticket>('POST', '/tickets', { ...body, client_id: clientId }),

  withdraw: (id: R.Id) => send<{ message: R.Message; draft: R.Draft }>('POST', `/messages/${id}/withdraw`),
  retryMessage: (id: R.Id, isConfirmed = false) =>
    send<R.Message>('POST', `/messages/${id}/retry`, { confirm: isConfirmed }),
  sendNow: (id: R.Id) => send<R.Message>('POST', `/messages/${id}/send-now`),
  markSent: (id: R.Id) => send<R.Message>('POST', `/messages/${id}/mark-sent`),
  messageHtmlUrl: (id: R.Id, hasImages: boolean) =>
    `${ROOT}/messages/${id}/html${hasImages ? '?images=1' : ''}`,
  /** Says what a message wants; '' for none of the intents. */
  correctIntent: (id: R.Id, intent: string) => send<R.Message>('PUT', `/messages/${id}/intent`, { intent }),
  messageRawUrl: (id: R.Id) => `${ROOT}/messages/${id}/raw`,
  attachmentUrl: (id: R.Id, isInline = false) => `${ROOT}/attachments/${id}${isInline ? '?inline=1' : ''}`,
  upload: (file: File, onProgress: (share: number) => void): Upload<UploadedFile> =>
    uploadFile<UploadedFile>(`${ROOT}/attachments`, file, onProgress),

  saveDraft: (draft: R.Draft) =>
    send<R.Draft>('PUT', `/tickets/${draft.ticket_id}/drafts/${draft.mode}`, draft),
  draft: (ticketId: R.Id, mode: R.ComposerMode) => get<R.Draft>(`/tickets/${ticketId}/drafts/${mode}`),
  deleteDraft: (ticketId: R.Id, mode: R.ComposerMode) =>
    send<null>('DELETE', `/tickets/${ticketId}/drafts/${mode}`),

  mergeTargets: (id: R.Id, q: string, signal?: AbortSignal) =>
    get<R.TicketPage>(`/tickets/${id}/merge-targets`, { q: q || null }, signal),
  previewMerge: (id: R.Id, targetId: R.Id, signal?: AbortSignal) =>
    send<R.TicketMergePreview>('POST', `/tickets/${id}/merge/preview`, { ticket_id: targetId }, { signal }),
  merge: (id: R.Id, body: R.MergeOrder) =>
    send<R.TwoTickets>('POST', `/tickets/${id}/merge`, { ...body, client_id: clientId }),
  unmerge: (id: R.Id) => send<R.TwoTickets>('POST', `/tickets/${id}/unmerge`, { client_id: clientId }),
  split: (id: R.Id, body: { id: R.Id; message_id: R.Id; with_later: boolean; subject?: string }) =>
    send<R.TwoTickets>('POST', `/tickets/${id}/split`, { ...body, client_id: clientId }),
  unsplit: (splitId: R.Id) => send<R.TwoTickets>('POST', `/splits/${splitId}/undo`, { client_id: clientId }),
  linkTickets: (id: R.Id, otherId: R.Id) =>
    send<R.TwoTickets>('POST', `/tickets/${id}/links`, { ticket_id: otherId, client_id: clientId }),
  unlinkTickets: (id: R.Id, otherId: R.Id) => send<R.TwoTickets>('DELETE', `/tickets/${id}/links/${otherId}`),
  removeTicket: (id: R.Id) => send<null>('DELETE', `/tickets/${id}`),
  blockedSenders: () => get<R.Page<R.BlockedSender>>('/blocked-senders'),
  blockSender: (value: string, ticketId: R.Id | null) =>
    send<R.BlockedSender>('POST', '/blocked-senders', { value, ticket_id: ticketId }),
  unblockSender: (id: R.Id) => send<null>('DELETE', `/blocked-senders/${id}`),
  bulkJobs: () => get<R.Page<R.BulkJob>>('/bulk-jobs'),
  bulkJob: (id: R.Id) => get<R.BulkJob>(`/bulk-jobs/${id}`),
  previewBulk: (order: R.BulkOrder) =>
    send<{ total: number; mails: number; is_reversible: boolean }>('POST', '/bulk-jobs/preview', order),
  startBulk: (id: R.Id, order: R.BulkOrder) =>
    send<R.BulkJob>('POST', '/bulk-jobs', { id, ...order, client_id: clientId }),
  cancelBulk: (id: R.Id) => send<R.BulkJob>('POST', `/bulk-jobs/${id}/cancel`),
  undoBulk: (id: R.Id) => send<R.BulkJob>('POST', `/bulk-jobs/${id}/undo`),
  colleagueDrafts: (ticketId: R.Id) => get<R.Page<R.ColleagueDraft>>(`/tickets/${ticketId}/drafts`),
  takeOverDraft: (ticketId: R.Id, mode: R.ComposerMode, userId: R.Id) =>
    send<R.Draft>('POST', `/tickets/${ticketId}/drafts/${mode}/take-over`, { user_id: userId }),
  takeNext: () => send<{ ticket: R.Ticket | null }>('POST', '/tickets/next', { client_id: clientId }),
  loads: () => get<R.Page<{ user_id: R.Id; open: number }>>('/loads'),
  setAvailable: (isAvailable: boolean) =>
    send<R.User>('PUT', '/me/availability', { is_available: isAvailable }),

  createTeam: (body: R.TeamChanges) => send<R.Team>('POST', '/teams', body),
  changeTeam: (id: R.Id, body: R.TeamChanges) => send<R.Team>('PATCH', `/teams/${id}`, body),
  deleteTeam: (id: R.Id) => send<null>('DELETE', `/teams/${id}`),
  changePerson: (id: R.Id, body: R.PersonChanges) => send<R.User>('PATCH', `/people/${id}`, body),
  invitations: () => get<R.Page<R.Invitation>>('/invitations'),
  invite: (body: { email: string; role: string; team_ids: R.Id[] }) =>
    send<R.Invitation & { link: string }>('POST', '/invitations', body),
  revokeInvitation: (id: R.Id) => send<null>('DELETE', `/invitations/${id}`),
  welcome: (secret: string) => get<R.Welcome>(`/join/${secret}`),
  join: (secret: string, body: { name: string; password: string }) =>
    send<R.User>('POST', `/join/${secret}`, body),

  viewCounts: () => get<Record<string, number>>('/views/counts'),
  saveView: (view: R.ViewChange) => send<R.View>('POST', '/views', { ...view, client_id: clientId }),
  changeView: (id: R.Id, view: R.ViewChange) =>
    send<R.View>('PATCH', `/views/${id}`, { ...view, client_id: clientId }),
  removeView: (id: R.Id) => send<null>('DELETE', `/views/${id}`),
  orderViews: (ids: R.Id[]) =>
    send<{ view_ids: R.Id[] }>('PUT', '/views/order', { view_ids: ids, client_id: clientId }),
  previewView: (conditions: unknown) => send<{ total: number }>('POST', '/views/preview', { conditions }),
  suggestions: (q: string, at: number) =>
    get<{ start: number; end: number; results: R.Suggestion[] }>('/search/suggestions', { q, at }),
  search: (query: Query, signal?: AbortSignal) => get<R.SearchPage>('/search', query, signal),
  ticketFields: () => get<{ fields: R.ConditionField[] }>('/tickets/fields'),

  macros: () => get<R.Page<R.Macro>>('/macros', { limit: 200 }),
  macro: (id: R.Id) => get<R.Macro>(`/macros/${id}`),
  createMacro: (macro: Partial<R.Macro>) => send<R.Macro>('POST', '/macros', macro),
  changeMacro: (id: R.Id, macro: Partial<R.Macro>) => send<R.Macro>('PATCH', `/macros/${id}`, macro),
  deleteMacro: (id: R.Id) => send<null>('DELETE', `/macros/${id}`),
  checkMacro: (body: string) =>
    send<{ problems: R.MacroProblem[]; claims: string[] }>('POST', '/macros/check', { body }),
  ticketMacros: (ticketId: R.Id, signal?: AbortSignal) =>
    get<R.Page<R.MacroSuggestion>>(`/tickets/${ticketId}/macros`, {}, signal),
  macroWords: () => get<R.MacroWords>('/macros/vocabulary'),
  previewMacro: (trial: R.MacroTrial, signal?: AbortSignal) =>
    send<R.RenderedMacro>('POST', '/macros/preview', trial, { signal }),
  macroVersions: (id: R.Id) => get<R.Page<R.MacroVersion>>(`/macros/${id}/versions`),
  restoreMacro: (id: R.Id, number: number) =>
    send<R.Macro>('POST', `/macros/${id}/versions/${number}/restore`, {}),
  importMacros: (exported: unknown, isTrial: boolean) =>
    send<R.MacroImportReport>('POST', '/macros/import', { export: exported, is_trial: isTrial }),
  renderMacro: (
    id: R.Id,
    input: { ticket_id: R.Id; order_id?: R.Id | null; language?: string | null },
    signal?: AbortSignal,
  ) => send<R.RenderedMacro>('POST', `/macros/${id}/render`, input, { signal }),

  ruleRun: (id: R.Id) => get<R.RuleRun>(`/rule-runs/${id}`),
  ticketRuleRuns: (id: R.Id) => get<R.Page<R.RuleRun>>(`/tickets/${id}/rule-runs`),

  customers: (q: string, after?: string | null) =>
    get<R.Page<R.Customer>>('/customers', { q, after, limit: 50 }),
  customer: (id: R.Id) => get<R.Customer>(`/customers/${id}`),
  changeCustomer: (id: R.Id, body: Partial<R.Customer>) =>
    send<R.Customer>('PATCH', `/customers/${id}`, body),
  customerOrders: (id: R.Id, signal?: AbortSignal) =>
    get<R.CustomerOrderList>(`/customers/${id}/orders`, {}, signal),
  customerFigures: (id: R.Id) => get<R.CustomerFigures>(`/customers/${id}/figures`),
  customerHistory: (id: R.Id, after?: string | null) =>
    get<R.Page<R.Happening>>(`/customers/${id}/history`, { after, limit: 40 }),
  customerNotes: (id: R.Id) => get<R.Page<R.CustomerNote>>(`/customers/${id}/notes`),
  addCustomerNote: (id: R.Id, note: { id: string; text: string }) =>
    send<R.CustomerNote>('POST', `/customers/${id}/notes`, note),
  changeCustomerNote: (id: R.Id, text: string) =>
    send<R.CustomerNote>('PATCH', `/customer-notes/${id}`, { text }),
  deleteCustomerNote: (id: R.Id) => send<null>('DELETE', `/customer-notes/${id}`),
  addHandle: (id: R.Id, handle: { kind: string; value: string; is_verified?: boolean }) =>
    send<R.Customer>('POST', `/customers/${id}/handles`, handle),
  changeHandle: (id: R.Id, handleId: R.Id, isVerified: boolean) =>
    send<R.Customer>('PATCH', `/customers/${id}/handles/${handleId}`, { is_verified: isVerified }),
  removeHandle: (id: R.Id, handleId: R.Id) =>
    send<R.Customer>('DELETE', `/customers/${id}/handles/${handleId}`),
  possibleSame: (id: R.Id) => get<{ results: R.SamePerson[] }>(`/customers/${id}/possible`),
  keepCustomersApart: (id: R.Id, otherId: R.Id) =>
    send<null>('POST', `/customers/${id}/apart`, { other_id: otherId }),
  forgetCustomersApart: (id: R.Id, otherId: R.Id) =>
    send<null>('DELETE', `/customers/${id}/apart`, { other_id: otherId }),
  previewCustomerMerge: (id: R.Id, sourceId: R.Id, take: string[] = []) =>
    send<R.CustomerMergePreview>('POST', `/customers/${id}/merge/preview`, { source_id: sourceId, take }),
  mergeCustomers: (id: R.Id, body: { id: string; source_id: R.Id; take: string[] }) =>
    send<R.CustomerMergeDone>('POST', `/customers/${id}/merge`, body),
  undoCustomerMerge: (id: R.Id) => send<R.CustomerMergeDone>('POST', `/customer-merges/${id}/undo`),
  customerExportUrl: (id: R.Id) => `${ROOT}/customers/${id}/export`,
  customFields: () => get<R.Page<R.CustomField>>('/custom-fields'),
  defineField: (field: Record<string, unknown>) => send<R.CustomField>('POST', '/custom-fields', field),
  changeField: (id: R.Id, field: Record<string, unknown>) =>
    send<R.CustomField>('PATCH', `/custom-fields/${id}`, field),
  joinableTickets: (id: R.Id) => get<{ results: R.JoinableTicket[] }>(`/tickets/${id}/joinable`),
  keepTicketsApart: (id: R.Id, otherId: R.Id) =>
    send<null>('POST', `/tickets/${id}/apart`, { other_id: otherId }),
  forgetTicketsApart: (id: R.Id, otherId: R.Id) =>
    send<null>('DELETE', `/tickets/${id}/apart`, { other_id: otherId }),
  customerTickets: (id: R.Id) => get<R.TicketPage>(`/customers/${id}/tickets`),

  inbound: (state: string | null, after: string | null, channel: string | null = null) =>
    get<R.Page<R.InboundMail>>('/inbound', { state, channel, after, limit: 50 }),
  hooks: (state: string | null, after: string | null, channel: string | null) =>
    get<R.Page<R.HookCall>>('/hooks', { state, channel, after, limit: 50 }),
  replayHook: (id: R.Id) => send<R.HookCall>('POST', `/hooks/${id}/replay`),
  hookRawUrl: (id: R.Id) => `${ROOT}/hooks/${id}/raw`,
  retryInbound: (id: R.Id) => send<R.InboundMail>('POST', `/inbound/${id}/retry`),
  inboundRawUrl: (id: R.Id) => `${ROOT}/inbound/${id}/raw`,

  createChannel: (body: Record<string, unknown>) => send<R.ChannelSettings>('POST', '/channels', body),
  changeChannel: (id: R.Id, body: Record<string, unknown>) =>
    send<R.ChannelSettings>('PATCH', `/channels/${id}`, body),
  channelSettings: (id: R.Id) => get<R.ChannelSettings>(`/channels/${id}`),
  signature: (channelId: R.Id, template?: string) =>
    send<{ text: string }>(
      'POST',
      `/channels/${channelId}/signature`,
      template === undefined ? {} : { template },
    ),
  chatSites: () => get<R.Page<R.ChatSite>>('/chat-sites'),
  createChatSite: (body: Record<string, unknown>) => send<R.ChatSite>('POST', '/chat-sites', body),
  changeChatSite: (channelId: R.Id, body: Record<string, unknown>) =>
    send<R.ChatSite>('PATCH', `/chat-sites/${channelId}`, body),
  rotateChatSecret: (channelId: R.Id, keepsOld: boolean) =>
    send<{ secret: string }>('POST', `/chat-sites/${channelId}/secret`, { keeps_old: keepsOld }),
  connectors: () => get<R.Page<R.Connector>>('/connectors'),
  testChannel: (id: R.Id) => send<R.ChannelTest>('POST', `/channels/${id}/test`),
  disconnectChannel: (id: R.Id) =>
    send<{ channel: R.ChannelSettings; left_over: string }>('POST', `/channels/${id}/disconnect`),
  removeChannel: (id: R.Id) => send<null>('DELETE', `/channels/${id}`),

  storeConnectors: () => get<R.Page<R.StoreConnector>>('/store-connectors'),
  stores: () => get<R.Page<R.ConnectedStore>>('/stores'),
  createStore: (body: Record<string, unknown>) => send<R.StoreSettings>('POST', '/stores', body),
  storeSettings: (id: R.Id) => get<R.StoreSettings>(`/stores/${id}`),
  changeStore: (id: R.Id, body: Record<string, unknown>) =>
    send<R.StoreSettings>('PATCH', `/stores/${id}`, body),
  removeStore: (id: R.Id) => send<null>('DELETE', `/stores/${id}`),
  testStore: (id: R.Id) => send<R.ChannelTest>('POST', `/stores/${id}/test`),
  disconnectStore: (id: R.Id) =>
    send<{ store: R.StoreSettings; left_over: string }>('POST', `/stores/${id}/disconnect`),
  backfillStore: (id: R.Id, action: 'start' | 'pause' | 'resume') =>
    send<R.StoreSettings>('POST', `/stores/${id}/backfill`, { action }),
  storeHooks: (store: R.Id, after: string | null) =>
    get<R.Page<R.StoreCall>>('/store-hooks', { store, after, limit: 25 }),
  replayStoreHook: (id: R.Id) => send<R.StoreCall>('POST', `/store-hooks/${id}/replay`),
  storeHookRawUrl: (id: R.Id) => `${ROOT}/store-hooks/${id}/raw`,

  tokens: () => get<R.Page<R.ApiTokenRecord>>('/tokens'),
  createToken: (name: string) => send<R.ApiTokenRecord>('POST', '/tokens', { name }),
  deleteToken: (id: R.Id) => send<null>('DELETE', `/tokens/${id}`),

  changeOrganization: (body: Record<string, unknown>) => send<R.Organization>('PATCH', '/organization', body),
  changeMe: (body: Partial<Pick<R.User, 'name' | 'signature' | 'settings'>>) =>
    send<R.User>('PATCH', '/me', body),
  me: () => get<R.User>('/me'),
  setAvatar: (file: File) => uploadFile<R.User>(`${ROOT}/me/avatar`, file, () => undefined, 'PUT').done,
  removeAvatar: () => send<R.User>('DELETE', '/me/avatar'),
  mySessions: () => get<R.Page<R.SignedInDevice>>('/me/sessions'),
  endSession: (id: number) => send<null>('DELETE', `/me/sessions/${id}`),
  endOtherSessions: () => send<null>('DELETE', '/me/sessions'),
  twoFactorQrUrl: () => `${ROOT}/me/two-factor-qr?${Date.now()}`,

  notifications: (after?: string | null) =>
    get<R.Page<R.Notification>>('/notifications', { after, limit: 50 }),
  readNotifications: (which: { ids?: R.Id[]; ticket_id?: R.Id }) =>
    send<{ notification_ids: R.Id[] }>('POST', '/notifications/read', which),
};
