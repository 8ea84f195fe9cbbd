import type { Draft, Message, Ticket } from './records';

export interface FieldProblem {
  path: string;
  code: string;
  message: string;
}

/** What the server (or the lack of one) said, as RFC 9457 has it. */
export interface ProblemDocument {
  type?: string;
  title: string;
  status: number;
  detail?: string;
  code: string;
  errors?: FieldProblem[];
  /** The error's id, for support. */
  instance?: string;
  messages?: Message[];
  draft?: Draft;
  /** Of a version conflict: the ticket as it is now. */
  ticket?: Ticket;
}

/** Raised for every answer that is not a success. `status` 0 means that no answer came. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly document: ProblemDocument;

  constructor(document: ProblemDocument) {
    super(document.detail || document.title);
    this.name = 'ApiProblem';
    this.status = document.status;
    this.code = document.code;
    this.document = document;
  }

  get isOffline(): boolean {
    return this.status === 0;
  }

  /** Worth trying again without changing anything: no answer, or the server's own trouble. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  get errorId(): string | null {
    return this.document.instance ?? null;
  }

  /** The sentence about one field, if the server complained about it. */
  findFieldMessage(path: string): string | null {
    return this.document.errors?.find((error) => error.path === path)?.message ?? null;
  }
}

/** Reads any error answer as a problem, also one that a proxy made up in HTML. */
export async function problemFrom(response: Response): Promise<ApiProblem> {
  const fallback: ProblemDocument = {
    title: `The server answered ${response.status}`,
    status: response.status,
    code: `http_${response.status}`,
    instance: response.headers.get('X-Request-Id') ?? undefined,
  };
  try {
    const body = (await response.json()) as Partial<ProblemDocument>;
    return new ApiProblem({ ...fallback, ...body, status: response.status });
  } catch {
    return new ApiProblem(fallback);
  }
}

export function offlineProblem(cause: unknown): ApiProblem {
  const isTimeout = cause instanceof DOMException && cause.name === 'TimeoutError';
  return new ApiProblem({
    title: isTimeout ? 'The server didn’t answer in time' : 'The server can’t be reached',
    status: 0,
    code: isTimeout ? 'timeout' : 'offline',
  });
}
