import { request } from './http';
import type { Id } from './records';
import { uploadFile } from './upload';

// Setting up surveys: loaded with that screen, not with the first page.

export interface SurveySettings {
  is_enabled: boolean;
  kind: 'csat' | 'nps';
  delay_seconds: number;
  sample_percent: number;
  pause_days: number;
  nps_pause_days: number;
  reminder_days: number;
  expires_days: number;
  channels_off: string[];
  accent: string;
  logo_url: string;
  review_url: string;
  loyalty_url: string;
  texts: Record<string, Record<string, string>>;
}

export interface SurveyStore {
  id: Id;
  name: string;
  own: (keyof SurveySettings)[];
  settings: SurveySettings;
}

export interface SurveyLanguage {
  tag: string;
  name: string;
  ours: Record<string, string>;
}

export interface SurveySetUp {
  settings: SurveySettings;
  stores: SurveyStore[];
  languages: SurveyLanguage[];
  channels: string[];
}

export type SurveyChanges = { [K in keyof SurveySettings]?: SurveySettings[K] | null };
export type SurveyView = 'mail' | 'page' | 'thanks';

const ROOT = '/api/v1';

const ask = <T>(method: string, path: string, body?: unknown): Promise<T> =>
  request<T>(method, ROOT + path, { body }).then((answer) => answer.data);

export const surveysApi = {
  setUp: () => ask<SurveySetUp>('GET', '/settings/surveys'),
  change: (changes: SurveyChanges, store: Id | null) =>
    ask<SurveySetUp>('PATCH', store ? `/settings/surveys/${store}` : '/settings/surveys', changes),
  preview: (settings: SurveyChanges, view: SurveyView, language: string, store: Id | null) =>
    ask<{ html: string }>('POST', '/settings/surveys/preview', {
      settings,
      view,
      language,
      store_id: store,
    }),
  /** Keeps a picture; what comes back is to be kept as `logo_url`. */
  uploadLogo: (file: File) =>
    uploadFile<{ logo_url: string }>(`${ROOT}/settings/surveys/logo`, file, () => undefined).done,
  /** No survey for this ticket; one that is planned is taken back. */
  skip: (ticket: Id) => ask<unknown>('POST', `/tickets/${ticket}/skip-survey`, {}),
};
