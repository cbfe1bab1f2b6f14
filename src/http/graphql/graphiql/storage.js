/** Runs in the browser. What GraphiQL keeps there until its tab is closed: the editors without secrets, the theme and the layout. */

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
 * @param {Store} options.store such as `sessionStorage`
 * @param {Text} options.examples
 * @param {string[]} options.secretFields the names of the input fields that may be secret
 * @param {string[]} options.plainFields the names of the others
 */
export function createStorage({ store, examples, secretFields, plainFields }) {
  const first = { id: 'examples', title: 'Examples', headers: null, operationName: null, response: null, ...examples };
  const tabs = () => store.getItem(TABS) ?? JSON.stringify({ tabs: [first], activeTabIndex: 0 });
  const activeTab = () => {
    const { tabs: all, activeTabIndex } = JSON.parse(tabs());
    return all[activeTabIndex];
  };
  const clean = (/** @type {Text} */ tab) => ({
    ...tab,
    ...withoutSecrets(tab, { secretFields, plainFields, examples }),
  });

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

/** In place of a text that may be secret, so that a call does not go without it unnoticed. */
export const NOT_KEPT = 'NOT_KEPT';

const UUID_OR_TIME =
  /^(?:webhook:)?[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$|^\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d))?$/i;
const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
/** In a query: a comment, a block string or a string, also one that is not closed. */
const TEXTS = /#[^\n]*|"""[^]*?(?:"""|$)|"(?:[^"\\\n]|\\[^\n])*"?/g;

/**
 * What may be kept of the texts of a tab: the texts of the examples, ids, times, and values of plain fields. A secret can stand
 * anywhere else, such as in a comment, in a default or in a variable that nothing uses yet. Of variables that are not JSON nothing
 * is kept: the examples get theirs back.
 *
 * @param {Partial<Record<keyof Text, string | null>>} tab
 * @param {{ secretFields: string[], plainFields: string[], examples: Text }} options
 */
export function withoutSecrets({ query, variables }, { secretFields, plainFields, examples }) {
  const secret = `\\b(?:${secretFields.join('|')})\\b\\s*:\\s*`;
  const passed = [...(query ?? '').matchAll(new RegExp(`${secret}\\$(\\w+)`, 'g'))].map(([, name]) => name);
  const isPlain = (/** @type {string} */ name) => plainFields.includes(name) && !passed.includes(name);
  const mayStay = (/** @type {string} */ text, /** @type {string} */ name) =>
    text === '' || text === NOT_KEPT || UUID_OR_TIME.test(text) || (isPlain(name) && !/PRIVATE KEY|\baw_/.test(text));

  function ofVariables(/** @type {string} */ text) {
    try {
      const known = JSON.stringify(JSON.parse(examples.variables));
      const cleaned = JSON.parse(text, (name, value) => {
        if (typeof value !== 'string') return value;
        return known.includes(JSON.stringify(value)) || mayStay(value, name) ? value : NOT_KEPT;
      });
      return JSON.stringify(cleaned) === JSON.stringify(JSON.parse(text)) ? text : JSON.stringify(cleaned, null, 2);
    } catch {
      const names = Object.keys(JSON.parse(examples.variables)).join('|');
      return new RegExp(`\\$(?:${names})\\b`).test(query ?? '') ? examples.variables : '';
    }
  }

  function ofQuery(/** @type {string} */ text) {
    // After the name of a secret, what is no string, variable or null is not valid, but may be the secret.
    const unquoted = new RegExp(`(${secret})(?!null\\b|String\\b)[^\\s"$,{}[\\]()#][^\\n]*`, 'g');
    return text
      .replace(KEY, '')
      .replace(unquoted, (whole, name) => (examples.query.includes(whole) ? whole : `${name}"${NOT_KEPT}"`))
      .replace(TEXTS, (found, offset, whole) => {
        if (found.length > 1 && examples.query.includes(found)) return found;
        if (found.startsWith('#')) return '';
        if (/^"+$/.test(found)) return '""';
        const name = /(\w+)\s*:\s*$/.exec(whole.slice(Math.max(0, offset - 200), offset))?.[1] ?? '';
        return mayStay(found.slice(1, -1), name) ? found : `"${NOT_KEPT}"`;
      });
  }

  return {
    query: query ? ofQuery(query) : (query ?? null),
    variables: variables ? ofVariables(variables) : (variables ?? null),
  };
}
