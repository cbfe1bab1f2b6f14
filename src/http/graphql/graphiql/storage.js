/** Runs in the browser. What GraphiQL keeps there: the tabs without secrets, the theme and the layout. */

/**
 * @typedef {{ query: string, variables: string }} Text of a tab
 * @typedef {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} Store
 */

const TABS = 'graphiql:tabState';
const KEPT = /^graphiql:(theme|visiblePlugin|\w+Flex)$/;

/**
 * A storage for GraphiQL that has the examples at first. The texts of the active tab, which GraphiQL would keep twice, are read
 * from the tabs.
 *
 * @param {object} options
 * @param {Store} options.store such as `localStorage`
 * @param {Text} options.examples
 * @param {string[]} options.secretFields the names of the input fields that may be secret
 */
export function createStorage({ store, examples, secretFields }) {
  const first = { id: 'examples', title: 'Examples', headers: null, operationName: null, response: null, ...examples };
  const tabs = () => store.getItem(TABS) ?? JSON.stringify({ tabs: [first], activeTabIndex: 0 });
  const activeTab = () => {
    const { tabs: all, activeTabIndex } = JSON.parse(tabs());
    return all[activeTabIndex];
  };
  const clean = (/** @type {Text} */ tab) => ({ ...tab, ...withoutSecrets(tab, secretFields, examples) });

  return {
    getItem(/** @type {string} */ key) {
      if (key === TABS) return tabs();
      if (key === 'graphiql:query') return activeTab()?.query ?? null;
      if (key === 'graphiql:variables') return activeTab()?.variables ?? null;
      return KEPT.test(key) ? store.getItem(key) : null;
    },
    setItem(/** @type {string} */ key, /** @type {string} */ value) {
      if (KEPT.test(key)) store.setItem(key, value);
      if (key !== TABS) return;
      const state = JSON.parse(value);
      store.setItem(TABS, JSON.stringify({ ...state, tabs: state.tabs.map(clean) }));
    },
    removeItem: (/** @type {string} */ key) => store.removeItem(key),
    clear: () => store.removeItem(TABS),
    length: 0,
  };
}

/**
 * Empties the values of secret fields, and of variables that are passed to them, in the texts of a tab. It works on text,
 * because a text that is not valid, such as a PEM with line ends in a JSON string, has the secret all the same. Values of the
 * examples stay.
 *
 * @param {Partial<Record<keyof Text, string | null>>} tab
 * @param {string[]} secretFields
 * @param {Text} examples
 */
export function withoutSecrets({ query, variables }, secretFields, examples) {
  const fields = secretFields.join('|');
  const passed = [...(query ?? '').matchAll(new RegExp(`\\b(?:${fields})\\s*:\\s*\\$(\\w+)`, 'g'))].map(
    ([, name]) => name,
  );
  const value = new RegExp(
    // The name; in a query the type of a variable before its default value; then a string, closed or not, or the rest of
    // the line.
    `(\\b(?:${[fields, ...passed].join('|')})\\b["']?\\s*:\\s*(?:String!?\\s*=\\s*)?)` +
      `(?:"""[^]*?(?:"""|$)|"(?:[^"\\\\]|\\\\[^])*"?|(?!null\\b|String\\b)[^\\s"$,{}[\\]()][^\\n]*)`,
    'g',
  );
  const clean = (/** @type {string | null | undefined} */ text, /** @type {string} */ example) =>
    text
      ?.replace(value, (whole, name) => (example.includes(whole) ? whole : `${name}""`))
      .replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '')
      .replace(/\baw_[\w-]+/g, '') ?? null;
  return { query: clean(query, examples.query), variables: clean(variables, examples.variables) };
}
