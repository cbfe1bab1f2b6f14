/** Auditwire in its own process, with additional mutations that do nothing. Started by product.ts. */
import './noop.js';

const { createApp } = await import('../../../src/app.js');
const { loadConfig } = await import('../../../src/config.js');
const { createLogger } = await import('../../../src/runtime/logger.js');

const unsigned = process.env['BENCH_UNSIGNED'] === '1';
const app = await createApp(loadConfig(process.env), createLogger('error'), { threads: true, unsigned });
await app.start();
process.send?.({ port: app.port(), token: app.firstToken });
process.on('message', () => void app.stop().then(() => process.exit(0)));
process.on('disconnect', () => process.exit(1));
