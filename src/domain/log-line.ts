/** The values that are the same in every line of a batch. `organizationId` is `org_id` in a line. */
export interface LineSettings {
  host: string;
  vendor: string;
  product: string;
  version: string;
  organizationId: string;
}
