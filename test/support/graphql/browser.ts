/** GraphiQL in a real browser, used as a person uses it. */
import { existsSync } from 'node:fs';
import { type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
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
];
/** The tabs of GraphiQL read a shorter click (ms) as the start of a drag. */
const CLICK = { delay: 100 };

export const hasBrowser = existsSync(CHROMIUM);

export interface GraphiQL {
  page: Page;
  /** All requests of the page, WebSockets included. */
  requested: URL[];
  /** Exceptions and console errors, except answers of 401 before there is a token. */
  errors: string[];
  /** The operations that the run button offers. */
  operations(): Promise<string[]>;
  /** Replaces the text in the editor of the headers or of the variables. */
  fillIn(tool: 'Headers' | 'Variables', value: object): Promise<void>;
  run(operation: string): Promise<void>;
  refetchSchema(): Promise<void>;
  /** Resolves when the page shows a text. */
  shows(text: string): Promise<void>;
}

export async function openGraphiQL({ url, origin }: TestApp): Promise<GraphiQL> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  onTestFinished(() => browser.close());
  const context: BrowserContext = await browser.newContext({ viewport: { width: 1_400, height: 900 } });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  const page = await context.newPage();
  const requested: URL[] = [];
  const errors: string[] = [];
  page.on('request', (request) => requested.push(new URL(request.url())));
  page.on('websocket', (socket) => requested.push(new URL(socket.url())));
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('401 (Unauthorized)')) errors.push(message.text());
  });
  await page.goto(url);
  await page.locator('.graphiql-execute-button').waitFor();

  const editor = (): Locator => page.locator('.graphiql-editor-tool .monaco-editor').locator('visible=true');
  return {
    page,
    requested,
    errors,
    operations: async () => {
      await page.locator('.graphiql-execute-button').click(CLICK);
      await page.getByRole('menuitem').first().waitFor();
      const names = await page.getByRole('menuitem').allInnerTexts();
      await page.keyboard.press('Escape');
      return names;
    },
    fillIn: async (tool, value) => {
      await page.getByRole('button', { name: tool, exact: true }).click(CLICK);
      await page.evaluate((text) => navigator.clipboard.writeText(text), JSON.stringify(value));
      await editor().click();
      await page.keyboard.press('Control+A');
      await page.keyboard.press('Control+V');
    },
    run: async (operation) => {
      await page.locator('.graphiql-execute-button').click(CLICK);
      await page.getByRole('menuitem', { name: operation, exact: true }).click(CLICK);
    },
    refetchSchema: () => page.getByRole('button', { name: /^Re-fetch GraphQL schema/ }).click(CLICK),
    // The editors write a no-break space for every space.
    shows: (text) =>
      page
        .getByText(new RegExp(text.replaceAll(' ', '\\s')))
        .first()
        .waitFor(),
  };
}
