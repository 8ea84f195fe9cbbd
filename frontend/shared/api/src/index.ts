export * from './records';
export * from './problem';
export * from './session';
export { api, clientId, type UploadedFile } from './client';
export type { Upload } from './upload';
export type { Query } from './http';
export { CATALOG_VERSION } from './catalog';
