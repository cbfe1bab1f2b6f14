/// <reference lib="dom" />
/** Runs in the browser. Sends what GraphiQL runs, and nothing of it in an address: every call is a POST. */

/**
 * @typedef {{ query: string, variables?: Record<string, unknown>, operationName?: string | null }} Params of GraphiQL
 * @typedef {{ body: Params, isSubscription: boolean, location?: Location | undefined }} Call
 * @typedef {{ data?: unknown, errors?: { message: string }[] }} Result
 * @typedef {{ next(result: Result): void, complete(): void }} Observer
 * @typedef {{ start: number, end: number }} Location in the text
 * @typedef {{ kind: string, name?: { value: string } | undefined, loc?: Location | undefined, operation?: string,
 *   variableDefinitions?: readonly { variable: { name: { value: string } } }[] | undefined }} Definition
 * @typedef {{ loc?: { source: { body: string } } | undefined, definitions: readonly Definition[] }} Document of graphql-js
 */

const NO_ANSWER = 'The server did not answer. Is it running, and is this its address?';
const ENDED = 'The connection to the server ended. Run the subscription again.';

/**
 * @param {object} options
 * @param {string} options.url
 * @param {() => string} options.token the token of the page
 * @param {(call: Call) => string | undefined} options.problem what the person must do before the call can be sent
 * @param {(result: Result) => void} options.onAnswer gets each answer to a query or mutation
 * @param {object} options.introspection of the contract: the documentation is there before there is a token
 * @param {string} options.introspectionQuery asks the server for the same
 */
export function createFetcher({ url, token, problem, onAnswer, introspection, introspectionQuery }) {
  /** @param {Call} call @param {AbortSignal} [signal] */
  const send = (call, signal) =>
    fetch(url, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token()}`,
        'content-type': 'application/json',
        accept: call.isSubscription ? 'text/event-stream' : 'application/json',
      },
      body: JSON.stringify(call.body),
      signal: signal ?? null,
    });

  /** @param {Call} call */
  async function answerTo(call) {
    const result = await send(call)
      .then((response) => response.json())
      .catch(() => failed(NO_ANSWER));
    onAnswer(result);
    return result;
  }

  let hasSchema = false;

  /** @param {Params} params @param {{ documentAST?: Document }} options without a document if GraphiQL asks for the schema */
  return (params, options) => {
    const isForSchema = !('documentAST' in options);
    if (isForSchema && !hasSchema) {
      hasSchema = true;
      return Promise.resolve({ data: introspection });
    }
    const call = isForSchema ? chosen({ query: introspectionQuery }) : chosen(params, options.documentAST);
    const message = problem(call);
    if (message) return Promise.resolve({ errors: [{ message }] });
    if (call.isSubscription) return { subscribe: subscribe((signal) => send(call, signal)) };
    return answerTo(call);
  };
}

/**
 * Only the chosen operation with its fragments and variables: a mistake in another operation of the editor does not matter, and
 * a secret in the variables of another one stays here.
 *
 * @param {Params} params
 * @param {Document} [document] ignored if it is older than the text
 * @returns {Call}
 */
export function chosen({ query, variables = {}, operationName = null }, document) {
  const definitions = document?.loc?.source.body === query ? document.definitions : [];
  const operations = definitions.filter((definition) => definition.kind === 'OperationDefinition');
  const operation = operations.find(({ name }) => name?.value === operationName) ?? operations[0];
  if (!operation) {
    // The name is as old as the document: it may be one of another tab.
    const name = operationName && query.includes(operationName) ? operationName : null;
    const subscription = new RegExp(`^\\s*subscription\\b\\s*${name ?? ''}`, 'm');
    return { body: { query, variables, operationName: name }, isSubscription: subscription.test(query) };
  }
  /** @param {Definition} definition */
  const textOf = ({ loc }) => query.slice(loc?.start, loc?.end);
  const texts = [textOf(operation)];
  const unused = new Map(
    definitions
      .filter(({ kind }) => kind === 'FragmentDefinition')
      .map((fragment) => [fragment.name?.value, textOf(fragment)]),
  );
  for (const text of texts) {
    for (const [, name = ''] of text.matchAll(/\.\.\.\s*(\w+)/g)) {
      const fragment = unused.get(name);
      if (fragment !== undefined) texts.push(fragment);
      unused.delete(name);
    }
  }
  const names = (operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value);
  const own = Object.entries(variables ?? {}).filter(([name]) => names.includes(name));
  return {
    body: {
      query: texts.join('\n\n'),
      variables: Object.fromEntries(own),
      operationName: operation.name?.value ?? null,
    },
    isSubscription: operation.operation === 'subscription',
    location: operation.loc,
  };
}

/** @param {string} message @returns {Result} */
const failed = (message) => ({ errors: [{ message }] });

/**
 * A failure is a result too: GraphiQL would show an error with its stack.
 *
 * @param {(signal: AbortSignal) => Promise<Response>} send
 * @returns the `subscribe` of an observable
 */
function subscribe(send) {
  /** @param {Observer} observer */
  return (observer) => {
    const abort = new AbortController();
    const run = async () => {
      let message = NO_ANSWER;
      try {
        const response = await send(abort.signal);
        if (isStream(response)) message = ENDED;
        await read(response, observer);
      } catch {
        if (!abort.signal.aborted) observer.next(failed(message));
      }
      if (!abort.signal.aborted) observer.complete();
    };
    void run();
    return { unsubscribe: () => abort.abort() };
  };
}

/** @param {Response} response */
const isStream = ({ headers }) => headers.get('content-type')?.includes('text/event-stream') === true;

/**
 * Reads server-sent events until the subscription is complete; a refused call is one result in JSON.
 *
 * @param {Response} response
 * @param {Observer} observer
 */
async function read(response, observer) {
  if (!response.body || !isStream(response)) {
    observer.next(await response.json());
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error(ENDED);
    const events = (text + value).split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      if (/^event: complete$/m.test(event)) return;
      const data = /^data: (.+)$/m.exec(event)?.[1];
      if (data) observer.next(JSON.parse(data));
    }
  }
}
