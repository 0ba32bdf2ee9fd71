/** The statuses that the handler answers with. */
export const redirectStatuses = [301, 302, 303, 307, 308] as const;

export const answerStatuses = [200, 204, ...redirectStatuses, 400, 403, 404, 405, 410, 414] as const;

export type RedirectStatus = (typeof redirectStatuses)[number];
export type AnswerStatus = (typeof answerStatuses)[number];
