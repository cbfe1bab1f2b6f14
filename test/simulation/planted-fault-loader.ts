/** A hook of Node's module loader that replaces a piece of text in one module. */
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

/** @throws Error unless the module contains the text exactly once */
export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  if (url !== replacement?.url) return loaded;
  const { find, replace } = replacement;
  const parts = String(loaded.source).split(find);
  if (parts.length !== 2)
    throw new Error(`${url} contains the text to replace ${parts.length - 1} times instead of once: ${find}`);
  return { ...loaded, source: parts.join(replace) };
};
