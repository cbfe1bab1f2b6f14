import type { Worker } from 'node:worker_threads';
import type { Plan, Render, Rendered } from '../delivery/batch/render.js';
import type { SignerData } from './signer.js';
import { spawn } from './spawn.js';

interface Waiting {
  resolve: (rendered: Rendered) => void;
  reject: (error: unknown) => void;
}

type Reply = { id: number; rendered: Rendered } | { id: number; error: unknown };

/** Signing threads, each with a queue of its own; a batch goes to the one with the shortest. */
export function createSigningPool(size: number, data: SignerData, onDead: (error: unknown) => void): Render {
  const signers = Array.from({ length: size }, () => {
    const thread = spawn('signer', data, [], onDead);
    const waiting = new Map<number, Waiting>();
    thread.on('message', (reply: Reply) => {
      const asked = waiting.get(reply.id);
      waiting.delete(reply.id);
      if ('error' in reply) asked?.reject(reply.error);
      else asked?.resolve({ ...reply.rendered, body: asBuffer(reply.rendered.body) });
    });
    return { thread, waiting };
  });
  let lastId = 0;

  return (plan: Plan) => {
    const signer = signers.reduce((least, other) => (other.waiting.size < least.waiting.size ? other : least));
    lastId += 1;
    return ask(signer, lastId, plan);
  };
}

/** A message brings the bytes of a Buffer, but not the Buffer. */
const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

function ask({ thread, waiting }: { thread: Worker; waiting: Map<number, Waiting> }, id: number, plan: Plan) {
  return new Promise<Rendered>((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    thread.postMessage({ id, plan });
  });
}
