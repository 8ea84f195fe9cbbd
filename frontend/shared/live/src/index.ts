export * from './events';
export * from './records';
export * from './connection';
export * from './browser';
export { PollSocket, type Doors } from './poll';
export { Tabs } from './tabs';
