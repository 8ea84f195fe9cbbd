import { api, ApiProblem, type Upload, type UploadedFile } from '@aftercare/api';
import { fileSize, t } from '@aftercare/ui';

export const LARGEST_FILE_BYTES = 25_000_000;

export interface FileInFlight {
  key: string;
  file: File;
  share: number;
  problem: string | null;
  /** Shown within the text once it is there. */
  isInline: boolean;
}

/** Files on their way up. What has arrived belongs to the draft. */
export class Uploads {
  inFlight = $state.raw<readonly FileInFlight[]>([]);
  private readonly calls = new Map<string, Upload<UploadedFile>>();

  constructor(private readonly onuploaded: (file: UploadedFile, isInline: boolean) => void) {}

  get isBusy(): boolean {
    return this.inFlight.some((entry) => entry.problem === null);
  }

  add(files: Iterable<File>, isInline = false): void {
    for (const file of files) {
      const key = crypto.randomUUID();
      this.inFlight = [...this.inFlight, { key, file, share: 0, problem: null, isInline }];
      if (file.size > LARGEST_FILE_BYTES) {
        this.update(key, { problem: t('files.tooLarge', { limit: fileSize(LARGEST_FILE_BYTES) }) });
      } else void this.start(key, file);
    }
  }

  retry(key: string): void {
    const entry = this.inFlight.find((each) => each.key === key);
    if (!entry || entry.file.size > LARGEST_FILE_BYTES) return;
    this.update(key, { share: 0, problem: null });
    void this.start(key, entry.file);
  }

  remove(key: string): void {
    this.calls.get(key)?.cancel();
    this.inFlight = this.inFlight.filter((entry) => entry.key !== key);
  }

  private async start(key: string, file: File): Promise<void> {
    const call = api.upload(file, (share) => this.update(key, { share }));
    this.calls.set(key, call);
    try {
      const uploaded = await call.done;
      const isInline = this.inFlight.find((entry) => entry.key === key)?.isInline ?? false;
      this.inFlight = this.inFlight.filter((entry) => entry.key !== key);
      this.onuploaded(uploaded, isInline);
    } catch (problem) {
      if (problem instanceof ApiProblem) this.update(key, { problem: problem.message });
    } finally {
      this.calls.delete(key);
    }
  }

  private update(key: string, part: Partial<FileInFlight>): void {
    this.inFlight = this.inFlight.map((entry) => (entry.key === key ? { ...entry, ...part } : entry));
  }
}
