/** What a usual browser sends, as far as a record keeps it: the benches ask as a person does, so that records are a person's. */
export const BROWSER = {
  'user-agent':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  /** Of another site browsers tell the origin (Referrer Policy, strict-origin-when-cross-origin, which is their default). */
  referer: 'https://www.example.com/',
} as const;
