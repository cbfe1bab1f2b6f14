/** Runs in the browser. The editors of GraphiQL, through its global editor library. */

/**
 * @typedef {{ startLineNumber: number, startColumn: number, endLineNumber: number, endColumn: number }} Range of text
 * @typedef {{ getValue(): string, getFullModelRange(): Range, getPositionAt(offset: number): { lineNumber: number }, uri: { path: string },
 *   pushEditOperations(before: [], edits: { range: Range, text: string }[], after: () => null): void }} Model of an editor
 * @typedef {{ getModel(): Model | null, updateOptions(options: { wordWrap: 'on' }): void,
 *   revealRangeNearTopIfOutsideViewport(range: Range): void }} Editor
 * @typedef {typeof globalThis & { __MONACO?: { editor: { getEditors(): Editor[] } } }} Globals of GraphiQL
 */

/** @param {string} file */
function editorOf(file) {
  const editors = /** @type {Globals} */ (globalThis).__MONACO?.editor.getEditors() ?? [];
  return editors.find((editor) => editor.getModel()?.uri.path.endsWith(file));
}

/** Wraps long lines of the query as soon as GraphiQL has made its editor. */
export function wrapQuery() {
  const editor = editorOf('operation.graphql');
  if (editor) editor.updateOptions({ wordWrap: 'on' });
  else requestAnimationFrame(wrapQuery);
}

/** Scrolls the query to an operation. @param {{ start: number, end: number }} operation */
export function showOperation({ start, end }) {
  const editor = editorOf('operation.graphql');
  const [first, last] = [start, end].map((offset) => editor?.getModel()?.getPositionAt(offset).lineNumber ?? 1);
  editor?.revealRangeNearTopIfOutsideViewport({
    startLineNumber: first ?? 1,
    startColumn: 1,
    endLineNumber: last ?? 1,
    endColumn: 1,
  });
}

/** Changes the text of the variables, so that the person can undo it. @param {(text: string) => string} change */
export function changeVariables(change) {
  const model = editorOf('variables.json')?.getModel();
  const before = model?.getValue() ?? '';
  const text = change(before);
  if (text !== before) model?.pushEditOperations([], [{ range: model.getFullModelRange(), text }], () => null);
}
