export * from './events';
export * from './records';
export * from './connection';
export * from './browser';
