export type TokenEvent =
  /** `hash`: SHA-256 of the token, base64url. */
  { type: 'TokenIssued'; data: { name: string; hash: string } } | { type: 'TokenRevoked'; data: Record<string, never> };
