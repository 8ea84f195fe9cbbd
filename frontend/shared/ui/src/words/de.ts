import type { Translation } from '../words';
import { en } from './en';
export const de: Translation = { ...en };
