/** Strings that are kept. */

/** A string of its own: a part of a text, as a header is of what a connection has sent, keeps all of the text in memory. */
export const ownCopy = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('latin1');
