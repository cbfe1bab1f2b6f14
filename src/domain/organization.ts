/** Whom every line names as `org_id`. The last one counts. */
export type OrganizationEvent = { type: 'OrganizationIdentified'; data: { organizationId: string } };
