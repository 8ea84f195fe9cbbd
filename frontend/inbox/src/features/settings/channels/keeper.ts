import type { ChannelTest } from '@aftercare/api';
import type { Stored } from './fields';

/** A channel or a store that is being set up. */
export interface Line extends Stored {
  id: string;
  name: string;
  is_active: boolean;
}

/** How it is changed, tried out and read again, and where what is stored is shown. */
export interface Keeper<S extends Line> {
  change(body: Record<string, unknown>): Promise<S>;
  test(): Promise<ChannelTest>;
  read(): Promise<S>;
  put(fresh: S): void;
}
