const names = new Intl.DisplayNames('en', { type: 'currency' });

/** The currencies of ISO 4217, by their letters. */
export const CURRENCIES = Intl.supportedValuesOf('currency').map((code) => ({
  value: code,
  label: `${code} – ${names.of(code) ?? code}`,
}));
