/** The names of the log formats; `delivery/batch/formats` writes them. */
export const logFormats = ['CEF', 'JSON', 'CPS'] as const;
export type LogFormat = (typeof logFormats)[number];

/** The values that are the same in every line of a batch. `organizationId` is `org_id` in a line. */
export interface LineSettings {
  host: string;
  vendor: string;
  product: string;
  version: string;
  organizationId: string;
}
