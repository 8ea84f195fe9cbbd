import { csrfToken } from './http';
import { ApiProblem, offlineProblem, type ProblemDocument } from './problem';

export interface Upload<T> {
  done: Promise<T>;
  cancel(): void;
}

function problemOf(call: XMLHttpRequest): ApiProblem {
  const fallback = {
    title: `The server answered ${call.status}`,
    status: call.status,
    code: `http_${call.status}`,
  };
  try {
    return new ApiProblem({ ...fallback, ...(JSON.parse(call.responseText) as ProblemDocument) });
  } catch {
    return new ApiProblem(fallback);
  }
}

/** Sends one file. `onProgress` hears a share between 0 and 1. (fetch can't tell how far an upload is.) */
export function uploadFile<T>(
  path: string,
  file: File,
  onProgress: (share: number) => void,
  method: 'POST' | 'PUT' = 'POST',
): Upload<T> {
  const call = new XMLHttpRequest();
  const done = new Promise<T>((resolve, reject) => {
    call.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    call.addEventListener('load', () => {
      if (call.status >= 200 && call.status < 300) resolve(JSON.parse(call.responseText) as T);
      else reject(problemOf(call));
    });
    call.addEventListener('error', () => reject(offlineProblem(null)));
    call.addEventListener('abort', () => reject(new DOMException('cancelled', 'AbortError')));
  });
  const form = new FormData();
  form.append('file', file);
  call.open(method, path);
  call.setRequestHeader('X-CSRFToken', csrfToken());
  call.setRequestHeader('Accept', 'application/json');
  call.send(form);
  return { done, cancel: () => call.abort() };
}
