/** How a login is written for a SIEM. */
export const logFormats = ['CEF', 'JSON', 'CPS'] as const;
export type LogFormat = (typeof logFormats)[number];

/** What every line of a batch says about its sender. `organizationId` is `org_id` in a line. */
export interface LineSettings {
  host: string;
  vendor: string;
  product: string;
  version: string;
  organizationId: string;
}
