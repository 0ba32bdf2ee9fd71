/** Statuses of redirects, of all that the handler answers, and of what never comes to it. */
export const redirectStatuses = [301, 302, 303, 307, 308] as const;

export const answerStatuses = [200, 204, ...redirectStatuses, 400, 403, 404, 405, 410, 414] as const;

/** Of requests that are refused before any rule is looked at; they have no record. */
export const parserStatuses = [400, 408, 413, 417, 431] as const;

export type RedirectStatus = (typeof redirectStatuses)[number];
export type ParserStatus = (typeof parserStatuses)[number];
export type AnswerStatus = (typeof answerStatuses)[number];
