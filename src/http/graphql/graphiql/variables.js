/** Runs in the browser. The variables of the examples: writes the ids of answers into them, and takes ids out that are gone. */

/**
 * @typedef {import('./examples.js').Placeholder} Placeholder
 * @typedef {Record<string, unknown>} Fields of an answer
 */

/** @param {Placeholder[]} placeholders each after the one that it belongs to */
export function createIds(placeholders) {
  /** The words for which the last answer was an empty list. @type {Set<string>} */
  const empty = new Set();

  /**
   * An id that an example made replaces any other one. The id of a list is written only where there is none.
   *
   * @param {string} variables their text, which may have comments
   * @param {unknown} data of an answer
   */
  function withIds(variables, data) {
    let text = variables;
    const changed = new Set();
    for (const { word, places, belongsTo, made, listed, exceptName, removed } of placeholders) {
      const replace = (/** @type {(now: string) => boolean} */ isOld, /** @type {string} */ id) => {
        text = changeStrings(text, (place, now) => (places.includes(place) && isOld(now) ? id : now));
      };
      const before = text;
      const isAnotherOne = changed.has(belongsTo);
      const isEmpty = made.some((path) => isEmptyList(data, path));
      if (isAnotherOne || isEmpty) replace(() => true, word);
      const gone = objectsAt(data, removed).map(({ object }) => idOf(object));
      replace((now) => gone.includes(idOf({ id: now })), word);
      const [id] = objectsAt(data, made)
        .filter(isUsable)
        .map(({ object }) => idOf(object));
      if (id) replace(() => true, id);
      if (text !== before) changed.add(word);

      const ownerPlace = placeholders.find((other) => other.word === belongsTo)?.places[0];
      const owner = ownerPlace && stringAt(text, ownerPlace);
      const [first] = objectsAt(data, listed)
        .filter(isUsable)
        .filter(({ object }) => exceptName === undefined || object['name'] !== exceptName)
        .filter(({ above }) => !owner || above.some((object) => object['id'] === owner))
        .map(({ object }) => idOf(object));
      if (first) replace((now) => now === word, first);

      if (isEmpty) empty.add(word);
      else if (isAnotherOne || id) empty.delete(word);
    }
    return text;
  }

  /**
   * What the person must do before a call can be sent, if an id is missing.
   *
   * @param {string} variables of the call, in JSON
   */
  function missing(variables) {
    const placeholder = placeholders.find(({ word }) => variables.includes(`"${word}"`));
    if (!placeholder) return undefined;
    const { word, example, list, none } = placeholder;
    if (none && empty.has(word)) return none;
    const other = list ? `, or ${list} to use what exists` : '';
    return `Run ${example} first${other}, or write the id into the variables in place of ${word}.`;
  }

  return { withIds, missing };
}

/** @param {Fields} object @returns {string | undefined} The `id` of a webhook can be `webhook:` and its UUID. */
const idOf = ({ id }) => (typeof id === 'string' ? id.replace(/^webhook:/, '') : undefined);

/** @param {{ object: Fields }} found */
const isUsable = ({ object }) => !object['retiredAt'] && !object['discardedAt'];

/** @param {unknown} data @param {string} path */
function isEmptyList(data, path) {
  const list = path
    .split('.*')[0]
    ?.split('.')
    .reduce((value, key) => Object(value)[key], /** @type {any} */ (data));
  return Array.isArray(list) && list.length === 0;
}

/**
 * The objects at some paths, such as `portals.edges.*.node`, with those above them.
 *
 * @param {unknown} data
 * @param {string[]} paths
 */
function objectsAt(data, paths) {
  return paths.flatMap((path) => {
    let found = [{ object: /** @type {Fields} */ (Object(data)), above: /** @type {Fields[]} */ ([]) }];
    for (const key of path.split('.')) {
      found = found.flatMap(({ object, above }) =>
        (key === '*' ? Object.values(object) : [object[key]])
          .filter((value) => value !== null && typeof value === 'object')
          .map((value) => ({ object: /** @type {Fields} */ (value), above: [...above, object] })),
      );
    }
    return found;
  });
}

const TOKENS = /\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|"(?:[^"\\\n]|\\[^\n])*"|[{}[\],:]/g;

/**
 * Changes values that are strings; all else of the text stays as it is.
 *
 * @param {string} text JSON, which may have comments
 * @param {(place: string, value: string) => string} change gets a place such as `redeliver.ids.0`
 */
export function changeStrings(text, change) {
  /** Of each open object or list, the name or the index of the value that is next. @type {(string | number)[]} */
  const place = [];
  return text.replace(TOKENS, (token, offset) => {
    const isName = token.startsWith('"') && /^\s*:/.test(text.slice(offset + token.length));
    const last = place.at(-1);
    if (token === '{') place.push('');
    else if (token === '[') place.push(0);
    else if (token === '}' || token === ']') place.pop();
    else if (token === ',' && typeof last === 'number') place[place.length - 1] = last + 1;
    else if (isName) place[place.length - 1] = parsed(token) ?? '';
    else if (token.startsWith('"')) {
      const value = parsed(token);
      const changed = value === undefined ? value : change(place.join('.'), value);
      return changed === value ? token : JSON.stringify(changed);
    }
    return token;
  });
}

/** @param {string} text @param {string} place */
const stringAt = (text, place) => stringsOf(text).find((found) => found.place === place)?.value;

/** @param {string} text @param {string} value @returns where it is first */
export const placeOf = (text, value) => stringsOf(text).find((found) => found.value === value)?.place;

/** @param {string} text */
function stringsOf(text) {
  /** @type {{ place: string, value: string }[]} */
  const found = [];
  changeStrings(text, (place, value) => {
    found.push({ place, value });
    return value;
  });
  return found;
}

/** @param {string} token a string of JSON @returns {string | undefined} */
function parsed(token) {
  try {
    return JSON.parse(token);
  } catch {
    return undefined;
  }
}
