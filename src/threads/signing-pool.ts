import type { Worker } from 'node:worker_threads';
import type { Plan, Render, Rendered } from '../delivery/batch/render.js';
import type { SignerData } from './signer.js';
import { spawn } from './spawn.js';

interface Waiting {
  resolve: (rendered: Rendered) => void;
  reject: (error: unknown) => void;
}

type Reply = { id: number; rendered: Rendered } | { id: number; error: unknown };

/** Signing threads, each with its own queue. The thread with the shortest queue gets the next batch. */
export function createSigningPool(size: number, data: SignerData, onExit: (error: unknown) => void): Render {
  const signers = Array.from({ length: size }, () => {
    const thread = spawn('signer', data, [], onExit);
    const waiting = new Map<number, Waiting>();
    thread.on('message', (reply: Reply) => {
      const request = waiting.get(reply.id);
      waiting.delete(reply.id);
      if ('error' in reply) request?.reject(reply.error);
      else request?.resolve({ ...reply.rendered, body: asBuffer(reply.rendered.body) });
    });
    return { thread, waiting };
  });
  let lastId = 0;

  return (plan: Plan) => {
    const signer = signers.reduce((least, other) => (other.waiting.size < least.waiting.size ? other : least));
    lastId += 1;
    return renderIn(signer, lastId, plan);
  };
}

/** A Buffer arrives in a message as a Uint8Array. */
const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

function renderIn({ thread, waiting }: { thread: Worker; waiting: Map<number, Waiting> }, id: number, plan: Plan) {
  return new Promise<Rendered>((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    thread.postMessage({ id, plan });
  });
}
