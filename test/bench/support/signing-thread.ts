/** A signing thread of a comparison: signs lines with libsodium, as plainly as possible. Started by deliver.ts. */
import { parentPort } from 'node:worker_threads';
import sodium from 'sodium-native';
import { cef } from '../../../src/domain/formats/cef.js';

const publicKey = Buffer.alloc(sodium.crypto_sign_PUBLICKEYBYTES);
const secretKey = Buffer.alloc(sodium.crypto_sign_SECRETKEYBYTES);
sodium.crypto_sign_seed_keypair(publicKey, secretKey, Buffer.alloc(32, 1));
const signature = Buffer.alloc(sodium.crypto_sign_BYTES);

parentPort?.on('message', (lines: string[]) => {
  const signed = lines.map((line) => {
    sodium.crypto_sign_detached(signature, Buffer.from(line), secretKey);
    return cef.attach(line, signature.toString('base64url'));
  });
  parentPort?.postMessage(signed.join('\n'));
});
