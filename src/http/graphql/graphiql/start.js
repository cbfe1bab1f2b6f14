/// <reference lib="dom" />
/** Runs in the browser, after GraphiQL and the other scripts of the page: the field of the token, and GraphiQL with it. */
import { createFetcher } from './fetcher.js';
import { createStorage } from './storage.js';

/**
 * @typedef {import('./fetcher.js').Call} Call
 * @typedef {{ getValue(): string, getFullModelRange(): object, uri: { path: string },
 *   pushEditOperations(before: [], edits: { range: object, text: string }[], after: () => null): void }} Model of an editor
 * @typedef {typeof globalThis & {
 *   YogaGraphiQL: { renderYogaGraphiQL(root: Element | null, options: object): void },
 *   __MONACO?: { editor: { getModels(): Model[] } } }} Globals of GraphiQL
 */

/**
 * @param {object} options
 * @param {string} options.url
 * @param {object} options.introspection of the contract: the documentation is there before there is a token
 * @param {import('./storage.js').Text} options.examples
 * @param {string[]} options.secretFields
 * @param {string[]} options.plainFields
 * @param {import('./examples.js').Placeholder[]} options.placeholders
 * @param {string} options.now the word for the time of the call
 */
export function start({ url, introspection, examples, secretFields, plainFields, placeholders, now }) {
  const globals = /** @type {Globals} */ (globalThis);
  const field = /** @type {HTMLInputElement} */ (document.getElementById('token'));
  // Also when it was pasted as the value of a header.
  const token = () => field.value.trim().replace(/^(?:Authorization:\s*)?(?:Bearer\s+)?/i, '');

  /** @param {Call} call */
  function problem({ body }) {
    if (!token()) {
      field.focus();
      return 'Paste your token into the field at the top of this page, then run this again.';
    }
    const text = JSON.stringify(body.variables ?? {});
    const missing = placeholders.find(({ word }) => text.includes(`"${word}"`));
    if (missing) return `Run ${missing.example} first, or write the id into the variables in place of ${missing.word}.`;
    body.variables = JSON.parse(text.replaceAll(`"${now}"`, JSON.stringify(new Date().toISOString())));
    return undefined;
  }

  /** Writes the ids of an answer into the variables, where an example waits for them. */
  function fillIn(/** @type {{ data?: unknown }} */ { data }) {
    const model = globals.__MONACO?.editor.getModels().find(({ uri }) => uri.path.endsWith('variables.json'));
    const before = model?.getValue() ?? '';
    let text = before;
    for (const { word, path } of placeholders) {
      const id = path.reduce((value, key) => Object(value)[key], data);
      if (typeof id === 'string') text = text.replaceAll(`"${word}"`, JSON.stringify(id));
    }
    if (text !== before) model?.pushEditOperations([], [{ range: model.getFullModelRange(), text }], () => null);
  }

  globals.YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), {
    title: 'Auditwire',
    fetcher: createFetcher({ url, token, problem, onAnswer: fillIn }),
    storage: createStorage({ store: sessionStorage, examples, secretFields, plainFields }),
    schema: introspection,
    // The token has its own field, for all tabs.
    isHeadersEditorEnabled: false,
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: 'variables',
    defaultQuery: '',
    // Without this, the page would write the query into the address bar.
    onEditQuery: () => {},
  });
}
