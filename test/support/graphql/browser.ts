/** GraphiQL in a real browser, used as a person uses it. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import type { TestApp } from '../server/app.js';

const CHROMIUM = '/usr/bin/chromium';
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Pages of one context then share the scripts that are compiled.
  '--renderer-process-limit=1',
];
/** The tabs of GraphiQL read a shorter click (ms) as the start of a drag. */
const CLICK = { delay: 100 };

export const hasBrowser = existsSync(CHROMIUM);

type Editor = 'query' | 'variables';

export interface GraphiQL {
  page: Page;
  /** All requests of the page to a server, WebSockets included. */
  requested: URL[];
  /** Exceptions and console errors. */
  errors: string[];
  /** Fills in the field of the token. */
  enterToken(token: string): Promise<void>;
  /** The operations that the run button offers. */
  operations(): Promise<string[]>;
  /** The text of an editor. */
  textOf(editor: Editor | 'response'): Promise<string>;
  /** Replaces a part of the text of an editor, as typing does. */
  replace(editor: Editor, from: string, to: string): Promise<void>;
  /** Ends a running subscription, and runs an operation of the menu. */
  run(operation: string): Promise<void>;
  /** Runs an operation of the menu and waits for its answer, or the first one of a subscription. `meanwhile` may cause it. */
  answerTo(operation: string, meanwhile?: () => Promise<unknown>): Promise<Answer>;
  addTab(): Promise<void>;
  /** Types into the query. */
  type(text: string): Promise<void>;
  reload(): Promise<void>;
  /** Resolves when the page shows a text. */
  shows(text: string): Promise<void>;
  /** Resolves when the response contains a text, which may be outside of the visible part. */
  answers(text: string): Promise<void>;
  /** Everything that the browser keeps for the page: both storages, databases, the state of the history, and the address. */
  kept(): Promise<string>;
}

export interface Answer {
  data?: Record<string, unknown>;
  errors?: { message: string }[];
}

export const launchBrowser = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM, args: ARGS });

/** Opens the page as in a browser that has never been there, because the port of each server makes an origin. */
export async function openGraphiQL(browser: Browser, { url, origin }: TestApp): Promise<GraphiQL> {
  const context = browser.contexts()[0] ?? (await browser.newContext({ viewport: { width: 1_280, height: 720 } }));
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  const page = await context.newPage();
  onTestFinished(() => page.close());
  const requested: URL[] = [];
  const errors: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    // The scripts of the page make their workers and icons from themselves.
    if (!/^(blob|data):$/.test(url.protocol)) requested.push(url);
  });
  page.on('websocket', (socket) => requested.push(new URL(socket.url())));
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(url);

  const button = (): Locator => page.locator('.graphiql-execute-button');
  await button().waitFor();
  const editor = (name: Editor): Locator =>
    name === 'query' ? page.locator('.graphiql-query-editor .monaco-editor').first() : variablesEditor();
  const variablesEditor = (): Locator => page.locator('.graphiql-editor-tool .monaco-editor').locator('visible=true');
  const file = { query: 'operation.graphql', variables: 'variables.json', response: 'response.json' };
  const textOf = (name: keyof typeof file) => page.evaluate(textOfModel, file[name]);

  async function run(operation: string): Promise<void> {
    if (await page.getByRole('button', { name: /^Stop query/ }).isVisible()) await button().click();
    await page.getByRole('button', { name: /^Execute query/ }).click();
    const item = page.getByRole('menuitem', { name: operation, exact: true });
    await item.click();
    await item.waitFor({ state: 'hidden' });
  }

  return {
    page,
    requested,
    errors,
    enterToken: (token) => page.getByPlaceholder('Token').fill(token),
    operations: async () => {
      await button().click(CLICK);
      await page.getByRole('menuitem').first().waitFor();
      const names = await page.getByRole('menuitem').allInnerTexts();
      await page.keyboard.press('Escape');
      return names;
    },
    textOf,
    replace: async (name, from, to) => {
      const text = await textOf(name);
      if (!text.includes(from)) throw new Error(`The editor does not have ${from}`);
      const changed = text.replace(from, () => to);
      await page.evaluate((all) => navigator.clipboard.writeText(all), changed);
      await editor(name).click();
      await page.keyboard.press('Control+A');
      await page.keyboard.press('Control+V');
      await page.waitForFunction(`(${textOfModel})('${file[name]}') === ${JSON.stringify(changed)}`);
    },
    run,
    answerTo: async (operation, meanwhile) => {
      await run(operation);
      await meanwhile?.();
      await page.waitForFunction(`(${textOfModel})('${file.response}') !== ''`);
      return JSON.parse(await textOf('response'));
    },
    addTab: async () => {
      await page.getByRole('button', { name: 'New tab' }).click(CLICK);
      await page.waitForFunction(`(${textOfModel})('${file.query}') === ''`);
    },
    // The editors write a no-break space for every space.
    shows: (text) =>
      page
        .getByText(new RegExp(text.replaceAll(' ', '\\s')))
        .first()
        .waitFor(),
    answers: async (text) => {
      await page.waitForFunction(`(${textOfModel})('${file.response}').includes(${JSON.stringify(text)})`);
    },
    kept: async () => JSON.stringify({ address: page.url(), ...(await page.evaluate(everythingKept)) }),
    type: async (text) => {
      await editor('query').click();
      await page.keyboard.insertText(text);
    },
    reload: async () => {
      await page.reload();
      await variablesEditor().waitFor();
    },
  };
}

/** Runs in the page: the text of the editor with a file name. GraphiQL makes the editors' library global. */
function textOfModel(path: string): string {
  const models: { uri: { path: string }; getValue(): string }[] = Reflect.get(
    globalThis,
    '__MONACO',
  ).editor.getModels();
  return models.find(({ uri }) => uri.path.endsWith(path))?.getValue() ?? '';
}

/** Runs in the page. */
async function everythingKept(): Promise<object> {
  const { localStorage, sessionStorage, history, indexedDB } = window;
  const databases = await indexedDB.databases();
  return { localStorage: { ...localStorage }, sessionStorage: { ...sessionStorage }, state: history.state, databases };
}
