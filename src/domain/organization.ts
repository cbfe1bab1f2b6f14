/** The `org_id` of every line, until the next such event. */
export type OrganizationEvent = { type: 'OrganizationIdentified'; data: { organizationId: string } };
