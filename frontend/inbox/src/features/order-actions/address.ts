export interface PostalAddress {
  name: string;
  company: string;
  street: string;
  postcode: string;
  city: string;
  region: string;
  country_code: string;
  phone: string;
}
export type AddressField = keyof PostalAddress;

export interface CountryForm {
  /** The order a country writes them in. */
  fields: readonly AddressField[];
  required: readonly AddressField[];
  /** What the country calls its postcode and its regions. */
  postcode: 'postcode' | 'zip' | 'eircode' | 'pin' | 'cep';
  region: 'state' | 'province' | 'county' | 'prefecture' | 'region' | 'emirate';
  pattern?: RegExp;
  example?: string;
}

const BEFORE: readonly AddressField[] = ['country_code', 'name', 'company', 'street'];
const USUAL: readonly AddressField[] = [...BEFORE, 'postcode', 'city', 'phone'];
const NEEDED: readonly AddressField[] = ['country_code', 'name', 'street', 'postcode', 'city'];

const usual = (pattern: RegExp, example: string): CountryForm => ({
  fields: USUAL,
  required: NEEDED,
  postcode: 'postcode',
  region: 'region',
  pattern,
  example,
});
const withRegion = (
  region: CountryForm['region'],
  postcode: CountryForm['postcode'],
  pattern: RegExp,
  example: string,
  order: readonly AddressField[] = ['city', 'region', 'postcode'],
): CountryForm => ({
  fields: [...BEFORE, ...order, 'phone'],
  required: [...NEEDED, 'region'],
  postcode,
  region,
  pattern,
  example,
});
const withoutPostcode = (region: CountryForm['region'] | null): CountryForm => ({
  fields: [...BEFORE, 'city', ...(region ? (['region'] as const) : []), 'phone'],
  required: ['country_code', 'name', 'street', 'city'],
  postcode: 'postcode',
  region: region ?? 'region',
});

const FIVE = /^\d{5}$/;
const FOUR = /^\d{4}$/;
const FORMS: Record<string, CountryForm> = {
  AT: usual(FOUR, '1010'),
  BE: usual(FOUR, '1000'),
  CH: usual(FOUR, '8001'),
  DK: usual(FOUR, '1050'),
  LU: usual(FOUR, '1009'),
  NO: usual(FOUR, '0150'),
  HU: usual(FOUR, '1011'),
  NZ: usual(FOUR, '6011'),
  DE: usual(FIVE, '10115'),
  FR: usual(FIVE, '69002'),
  FI: usual(FIVE, '00100'),
  EE: usual(FIVE, '10111'),
  GR: usual(/^\d{3} ?\d{2}$/, '104 31'),
  SE: usual(/^\d{3} ?\d{2}$/, '111 22'),
  CZ: usual(/^\d{3} ?\d{2}$/, '110 00'),
  SK: usual(/^\d{3} ?\d{2}$/, '811 01'),
  NL: usual(/^[1-9]\d{3} ?[A-Za-z]{2}$/, '1012 AB'),
  PL: usual(/^\d{2}-\d{3}$/, '00-001'),
  PT: usual(/^\d{4}-\d{3}$/, '4800-412'),
  SG: usual(/^\d{6}$/, '018956'),
  GB: {
    fields: [...BEFORE, 'city', 'postcode', 'phone'],
    required: NEEDED,
    postcode: 'postcode',
    region: 'county',
    pattern: /^[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}$/,
    example: 'SW1A 1AA',
  },
  IE: {
    fields: [...BEFORE, 'city', 'region', 'postcode', 'phone'],
    required: ['country_code', 'name', 'street', 'city'],
    postcode: 'eircode',
    region: 'county',
    pattern: /^[A-Za-z]\d[\dW] ?[A-Za-z\d]{4}$/,
    example: 'D02 AF30',
  },
  US: withRegion('state', 'zip', /^\d{5}(-\d{4})?$/, '94103'),
  CA: withRegion('province', 'postcode', /^[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d$/, 'K1A 0B1'),
  AU: withRegion('state', 'postcode', FOUR, '2000'),
  BR: withRegion('state', 'cep', /^\d{5}-?\d{3}$/, '01310-100'),
  IN: withRegion('state', 'pin', /^\d{6}$/, '110001'),
  IT: withRegion('province', 'postcode', FIVE, '00118', ['postcode', 'city', 'region']),
  ES: withRegion('province', 'postcode', FIVE, '28013', ['postcode', 'city', 'region']),
  JP: withRegion('prefecture', 'postcode', /^\d{3}-?\d{4}$/, '100-0001', ['postcode', 'region', 'city']),
  HK: withoutPostcode('region'),
  AE: withoutPostcode('emirate'),
};

/** Every other country: everything is asked for, little is required. */
const ANY: CountryForm = {
  fields: [...BEFORE, 'postcode', 'city', 'region', 'phone'],
  required: ['country_code', 'name', 'street', 'city'],
  postcode: 'postcode',
  region: 'region',
};

export function formOf(countryCode: string): CountryForm {
  return FORMS[countryCode.toUpperCase()] ?? ANY;
}

export function addressOf(said: Record<string, string | undefined>): PostalAddress {
  const part = (name: AddressField) => said[name] ?? '';
  return {
    name: part('name'),
    company: part('company'),
    street: part('street'),
    postcode: part('postcode'),
    city: part('city'),
    region: part('region'),
    country_code: part('country_code').toUpperCase(),
    phone: part('phone'),
  };
}

export type AddressFault = 'missing' | 'postcode';

/** What is wrong with it, by field. */
export function faultsOf(address: PostalAddress): Partial<Record<AddressField, AddressFault>> {
  const form = formOf(address.country_code);
  const faults: Partial<Record<AddressField, AddressFault>> = {};
  for (const field of form.required) if (!address[field].trim()) faults[field] = 'missing';
  const postcode = address.postcode.trim();
  const isAsked = form.fields.includes('postcode');
  if (isAsked && postcode && form.pattern && !form.pattern.test(postcode)) faults.postcode = 'postcode';
  return faults;
}

/** As it is sent: trimmed, and without what this country does not ask for. */
export function cleaned(address: PostalAddress): PostalAddress {
  const { fields } = formOf(address.country_code);
  const entries = Object.entries(address).map(([name, value]) => [
    name,
    fields.includes(name as AddressField) ? value.trim().replace(/\s+/g, ' ') : '',
  ]);
  return Object.fromEntries(entries) as PostalAddress;
}

/** As a letter shows it, in lines. */
export function linesOf(address: PostalAddress, country: string): string[] {
  const place = [address.postcode, address.city].filter(Boolean).join(' ');
  const { name, company, street, region } = address;
  return [name, company, street, place, region, country].filter(Boolean);
}

/** The parts that differ. */
export function changedFields(before: PostalAddress, after: PostalAddress): AddressField[] {
  return (Object.keys(after) as AddressField[]).filter((field) => before[field] !== after[field]);
}

/** ISO 3166 codes of the places that shops send to most, for the list of countries. */
export const COUNTRIES = (
  'AD AE AR AT AU BA BE BG BR CA CH CL CN CO CY CZ DE DK EE EG ES FI FR GB GI GR HK HR HU ID IE IL IN ' +
  'IS IT JP KR LI LT LU LV MA MC ME MK MT MX MY NL NO NZ PE PH PL PT RO RS SA SE SG SI SK SM TH TR TW ' +
  'UA US VA VN ZA'
).split(' ');
