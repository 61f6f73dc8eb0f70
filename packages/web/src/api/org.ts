const STORED_AS = 'tailwater.org';
let org: string | null = sessionStorage.getItem(STORED_AS);

/** The org that the page asks about, when it is another than that of the session. Kept for the tab. */
export const chosenOrg = (): string | null => org;

export function chooseOrg(orgId: string | null): void {
  org = orgId;
  if (orgId === null) sessionStorage.removeItem(STORED_AS);
  else sessionStorage.setItem(STORED_AS, orgId);
}
