import type { IconName } from '@aftercare/ui';

/** A drawn thumbnail for an article: shops' pictures are on other hosts, which the page may not load. */
export function thumbnailFor(title: string, hint: string | null): { icon: IconName; tint: 1 | 2 } {
  const words = `${title} ${hint ?? ''}`.toLowerCase();
  if (/shirt|dress|robe|trousers|blouse|apron|kimono|pyjama|skirt|jumpsuit/.test(words))
    return { icon: 'shirt2', tint: 1 };
  if (/napkin|towel|sheet|cloth|duvet|pillow|linen|curtain|throw|runner/.test(words))
    return { icon: 'napkin', tint: 2 };
  return { icon: 'package', tint: 1 };
}
