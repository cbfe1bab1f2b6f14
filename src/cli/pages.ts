/** Entries a page: the most that every list gives. */
const PAGE_SIZE = 100;

interface Page<Node> {
  edges: { node: Node }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/**
 * The entries of a list, page after page.
 *
 * @param read gives the page of at most `first` entries after a cursor
 * @param limit most entries
 */
export async function everyNode<Node>(
  read: (page: { first: number; after: string | null }) => Promise<Page<Node>>,
  limit = Number.POSITIVE_INFINITY,
): Promise<Node[]> {
  const found: Node[] = [];
  let after: string | null = null;
  do {
    const { edges, pageInfo } = await read({ first: Math.min(PAGE_SIZE, limit - found.length), after });
    found.push(...edges.map(({ node }) => node));
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null && found.length < limit);
  return found;
}
