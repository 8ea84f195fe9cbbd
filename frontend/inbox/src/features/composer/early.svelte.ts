import type { ComposerMode } from '@aftercare/api';
import { flushSync } from 'svelte';

/** Puts the caret into the field of a ticket, in this mode. */
type Writer = (mode: ComposerMode) => void;

/**
 * Who wants to write, and where: R and N work as soon as a ticket is asked for. Until its composer
 * is there (`EarlyField.svelte` takes the words meanwhile) the wish waits here.
 */
class Early {
  wish = $state.raw<{ ticketId: string; mode: ComposerMode } | null>(null);
  writer = $state.raw<{ ticketId: string; write: Writer } | null>(null);

  /** The composer of this ticket is there; returns how to say that it went. */
  ready(ticketId: string, write: Writer): () => void {
    const writer = { ticketId, write };
    this.writer = writer;
    return () => {
      if (this.writer === writer) this.writer = null;
    };
  }

  /** At once, or with the next key already in a field of its own. */
  write(ticketId: string, mode: ComposerMode): void {
    if (this.writer?.ticketId === ticketId) this.writer.write(mode);
    else flushSync(() => (this.wish = { ticketId, mode }));
  }
}

export const early = new Early();
