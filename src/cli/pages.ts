/** Entries in a page. Every list of the API allows at least this many. */
const PAGE_SIZE = 100;

interface Page<Node> {
  edges: { node: Node }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/**
 * Reads the entries of a list, page after page.
 *
 * @param read returns the page of at most `first` entries after the cursor `after`
 * @param limit the maximum number of entries
 */
export async function everyNode<Node>(
  read: (page: { first: number; after: string | null }) => Promise<Page<Node>>,
  limit = Number.POSITIVE_INFINITY,
): Promise<Node[]> {
  const nodes: Node[] = [];
  let after: string | null = null;
  do {
    const { edges, pageInfo } = await read({ first: Math.min(PAGE_SIZE, limit - nodes.length), after });
    nodes.push(...edges.map(({ node }) => node));
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null && nodes.length < limit);
  return nodes;
}
