/** What the server refused, and why; `status` 0 means that it was not reached. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly waitSeconds = 0,
  ) {
    super(message);
  }

  /** Whether the same request may succeed later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

interface Problem {
  code?: string;
  detail?: string;
}

const refusalOf = (status: number, problem: Problem, wait: string | null): Refusal =>
  new Refusal(status, problem.code ?? '', problem.detail ?? '', Number(wait) || 0);

/** The calls of /widget/v1/<site>/, for whoever holds the token. */
export class Server {
  token = '';

  constructor(readonly site: string) {}

  async call<Answer>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> {
    let answer: Response;
    try {
      answer = await fetch(`/widget/v1/${this.site}/${path}`, {
        method,
        credentials: 'omit',
        headers: { ...this.identity(), ...(body && { 'Content-Type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      });
    } catch {
      throw new Refusal(0, 'unreachable', '');
    }
    const told = (await answer.json().catch(() => ({}))) as Answer & Problem;
    if (answer.ok) return told;
    throw refusalOf(answer.status, told, answer.headers.get('Retry-After'));
  }

  /** Uploads with XMLHttpRequest, because only that tells how far it is. */
  upload<Answer>(
    file: Blob,
    name: string,
    onShare: (share: number) => void,
    signal: AbortSignal,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const form = new FormData();
      form.append('file', file, name);
      request.open('POST', `/widget/v1/${this.site}/attachments`);
      for (const [key, value] of Object.entries(this.identity())) request.setRequestHeader(key, value);
      request.responseType = 'json';
      request.upload.onprogress = (event) => onShare(event.loaded / (event.total || 1));
      request.onerror = () => reject(new Refusal(0, 'unreachable', ''));
      request.onabort = () => reject(new Refusal(0, 'stopped', ''));
      request.onload = () =>
        request.status < 300
          ? resolve(request.response as Answer)
          : reject(refusalOf(request.status, (request.response ?? {}) as Problem, null));
      signal.addEventListener('abort', () => request.abort());
      request.send(form);
    });
  }

  private identity(): Record<string, string> {
    return this.token ? { Authorization: `Visitor ${this.token}` } : {};
  }
}
