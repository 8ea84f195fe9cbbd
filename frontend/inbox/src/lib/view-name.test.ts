import { describe, expect, it } from 'vitest';
import { useWords } from '@aftercare/ui';
import { de } from '../../../shared/ui/src/words/de';
import { en } from '../../../shared/ui/src/words/en';
import { viewName } from './view-name';

describe('the name of a view', () => {
  it('is said in the language of the reader while it is the shipped one', () => {
    useWords('de', de, en);
    expect(viewName({ slug: 'mine', name: 'My queue', is_shipped: true })).toBe('Meine Tickets');
    useWords('en', en, en);
    expect(viewName({ slug: 'mine', name: 'My queue', is_shipped: true })).toBe('My queue');
  });

  it('is what somebody called it otherwise', () => {
    useWords('de', de, en);
    expect(viewName({ slug: 'mine', name: 'Ana first', is_shipped: true })).toBe('Ana first');
    expect(viewName({ slug: 'urgent-1', name: 'Urgent', is_shipped: false })).toBe('Urgent');
    useWords('en', en, en);
  });
});
