import type { Address } from '@aftercare/api';

export const writeAddresses = (addresses: readonly Address[]): string =>
  addresses.map((each) => (each.name ? `${each.name} <${each.address}>` : each.address)).join(', ');

/** Reads "Mia <mia@x.fr>, jo@y.de"; a comma inside quotation marks is part of the name. */
export function readAddresses(text: string): Address[] {
  return (text.match(/(?:"[^"]*"|[^,;\n"])+/g) ?? [])
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const named = /^(.*)<([^<>]+)>$/.exec(part);
      return named
        ? { name: (named[1] ?? '').trim().replace(/^"|"$/g, ''), address: (named[2] ?? '').trim() }
        : { name: '', address: part };
    });
}

export function isAddress(address: Address): boolean {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address.address);
}
