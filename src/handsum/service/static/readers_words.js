// Shares and small numbers in words.

const language = document.documentElement.lang;

export const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 2 });
export const number = new Intl.NumberFormat(language, { maximumSignificantDigits: 4 });
export const short = new Intl.NumberFormat(language, { maximumSignificantDigits: 2 });
const digits = new Intl.NumberFormat(language, { style: "percent", maximumSignificantDigits: 2 });

/** A share that may be tiny. */
export const rate = (value) => (value === 0 ? digits.format(0) : value < 1e-5 ? `< ${digits.format(1e-5)}` : digits.format(value));

/** A number that may be tiny, such as 1.1e-5. */
export const small = (value) => (value && value < 0.001 ? value.toExponential(1) : number.format(value));
