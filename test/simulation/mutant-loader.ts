/** A hook of Node's module loader: one module is loaded with a piece of its text replaced. */
import type { InitializeHook, LoadHook } from 'node:module';

interface Replacement {
  url: string;
  find: string;
  replace: string;
}

let replacement: Replacement | null = null;

export const initialize: InitializeHook<Replacement> = (data) => {
  replacement = data;
};

/** @throws Error unless the text to replace is there exactly once */
export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  if (url !== replacement?.url) return loaded;
  const { find, replace } = replacement;
  const parts = String(loaded.source).split(find);
  if (parts.length !== 2) throw new Error(`${url} has ${parts.length - 1} times what is to be replaced: ${find}`);
  return { ...loaded, source: parts.join(replace) };
};
