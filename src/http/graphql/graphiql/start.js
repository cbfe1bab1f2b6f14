/// <reference lib="dom" />
/** Runs in the browser, after GraphiQL and the other scripts of the page: the field of the token, and GraphiQL with it. */
import { changeVariables, showOperation, wrapQuery } from './editors.js';
import { createFetcher } from './fetcher.js';
import { createStorage, NOT_KEPT } from './storage.js';
import { changeStrings, createIds, placeOf } from './variables.js';

/**
 * @typedef {import('./fetcher.js').Call} Call
 * @typedef {{ YogaGraphiQL: { renderYogaGraphiQL(root: Element | null, options: object): void } }} Globals of GraphiQL
 */

/**
 * @param {object} options
 * @param {string} options.url
 * @param {object} options.introspection of the contract
 * @param {string} options.introspectionQuery
 * @param {import('./storage.js').Text} options.examples
 * @param {string[]} options.secretFields
 * @param {string[]} options.plainFields
 * @param {import('./examples.js').Placeholder[]} options.placeholders
 * @param {string} options.now the word for the time of the call, in these texts:
 * @param {string[]} options.timedTexts
 */
export function start({
  url,
  introspection,
  introspectionQuery,
  examples,
  secretFields,
  plainFields,
  placeholders,
  now,
  timedTexts,
}) {
  const { YogaGraphiQL } = /** @type {typeof globalThis & Globals} */ (globalThis);
  const field = /** @type {HTMLInputElement} */ (document.getElementById('token'));
  // Also when it was pasted as the value of a header.
  const token = () => field.value.trim().replace(/^(?:Authorization:\s*)?(?:Bearer\s+)?/i, '');

  const ids = createIds(placeholders);

  /** The menu takes the focus while it is open, and gives it to the run button soon after it closed. */
  function focusField() {
    if (document.querySelector('[role="menu"]')) requestAnimationFrame(focusField);
    else setTimeout(() => field.focus(), 50);
  }

  /** @param {Call} call */
  function problem({ body, location }) {
    if (location) showOperation(location);
    if (!token()) {
      focusField();
      return 'Paste your token into the field at the top of this page, then run this again.';
    }
    const variables = JSON.stringify(body.variables ?? {});
    if (`${body.query}${variables}`.includes(`"${NOT_KEPT}"`)) {
      const place = placeOf(variables, NOT_KEPT) ?? 'a value in the query';
      return `A reload removed the text of ${place}, because it may be secret. Write it again in place of ${NOT_KEPT}.`;
    }
    const missing = ids.missing(variables);
    if (missing) return missing;
    const time = new Date().toISOString();
    const withTime = changeStrings(variables, (_, text) =>
      timedTexts.includes(text) ? text.replace(now, time) : text,
    );
    body.variables = JSON.parse(withTime);
    return undefined;
  }

  // GraphiQL fetches the schema; the browser would reload the page, without the token.
  addEventListener('keydown', (event) => {
    if (event.ctrlKey && event.key === 'R') event.preventDefault();
  });
  YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), {
    title: 'Auditwire',
    fetcher: createFetcher({
      url,
      token,
      problem,
      onAnswer: ({ data }) => changeVariables((text) => ids.withIds(text, data)),
      introspection,
      introspectionQuery,
    }),
    storage: createStorage({ store: sessionStorage, examples, secretFields, plainFields }),
    // The token has its own field, for all tabs.
    isHeadersEditorEnabled: false,
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: 'variables',
    defaultQuery: '',
    // Without this, the page would write the query into the address bar.
    onEditQuery: () => {},
  });
  wrapQuery();
}
