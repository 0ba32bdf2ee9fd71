/** Figures as people read them: the same in the terminal and on the page. */
export const whole = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 0 });
export const tenths = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 1 });
export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`;
export const mebibytes = (value: number): string => `${tenths(value / 2 ** 20)} MiB`;
/** What is known, or not. */
export const yesNo = (value: boolean | null): string => (value === null ? 'not known' : value ? 'yes' : 'no');
