import { frame, newId, type Upload } from './app.svelte';
import { shrunk } from './photos';

/** Uploads what may be sent here, and says of the rest why it may not. */
export function attach(files: Iterable<File>): void {
  const { max_files, max_bytes, types } = frame.boot.limits;
  const { say, size } = frame.words;
  frame.problem = '';
  for (const source of files) {
    const { name, type } = source;
    if (frame.uploads.length >= max_files) frame.problem = say('files_many', {}, max_files);
    else if (types.length && !types.includes(type)) frame.problem = say('file_type', { name });
    else if (source.size > max_bytes && !type.startsWith('image/'))
      frame.problem = say('file_big', { name, size: size(max_bytes) });
    else void upload(source);
  }
}

export function retryUpload(failed: Upload): void {
  removeUpload(failed);
  void upload(failed.source);
}

export function removeUpload({ key, stop }: Upload): void {
  stop.abort();
  frame.uploads = frame.uploads.filter((each) => each.key !== key);
}

async function upload(source: File): Promise<void> {
  const key = newId();
  const stop = new AbortController();
  const { say, size } = frame.words;
  const begun = {
    key,
    name: source.name,
    size: source.size,
    share: 0,
    problem: '',
    file: null,
    source,
    stop,
  };
  frame.uploads = [...frame.uploads, begun];
  const change = (changes: Partial<Upload>): void => {
    frame.uploads = frame.uploads.map((each) => (each.key === key ? { ...each, ...changes } : each));
  };
  try {
    await frame.begin();
    const { blob, name } = await shrunk(source);
    const { max_bytes } = frame.boot.limits;
    change({ size: blob.size });
    if (blob.size > max_bytes) change({ problem: say('file_big', { name, size: size(max_bytes) }) });
    else
      change({ file: await frame.sendFile(blob, name, (share) => change({ share }), stop.signal), share: 1 });
  } catch {
    change({ problem: say('file_failed', { name: source.name }) });
  }
}
