/** Methods that http.request.method may hold (RFC 9110 and PATCH, by the semantic conventions); any other is `_OTHER`. */
export const httpMethods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  '_OTHER',
] as const;

export type HttpMethod = (typeof httpMethods)[number];

const places = new Map<string, number>(httpMethods.map((method, place) => [method, place]));
const OTHER = httpMethods.indexOf('_OTHER');

/** The place in httpMethods of a method as sent. */
export const methodPlace = (method: string): number => places.get(method) ?? OTHER;

/** What http.request.method holds of a method as sent. */
export const knownMethod = (method: string): HttpMethod => httpMethods[methodPlace(method)]!;
