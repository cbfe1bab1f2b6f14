import { Socket } from 'node:net';

/** The end of the receiver, as the end of the client calls it. */
interface Peer {
  /** @param taken called once the bytes are handed over; never called if the receiver does not take them */
  receive(bytes: Buffer, taken: () => void): void;
  /** The client closed the connection. */
  onClose(): void;
}

interface Chunk {
  chunk: Buffer | string;
  encoding: BufferEncoding;
}

const bytesOf = ({ chunk, encoding }: Chunk): Buffer =>
  typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;

/** The end of the client of a connection in memory: a socket for Node's HTTP client and for the pool of the product. */
export class ClientSocket extends Socket {
  readonly #peer: Peer;

  constructor(peer: Peer) {
    super();
    this.#peer = peer;
  }

  /** The client reads bytes of the receiver. */
  arrive(text: string): void {
    if (!this.destroyed) this.push(Buffer.from(text, 'latin1'));
  }

  /** The client reads that the receiver has closed the connection. */
  close(): void {
    if (!this.destroyed) this.push(null);
  }

  /** The client reads that the receiver has reset the connection. */
  reset(): void {
    this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  }

  override _read(): void {}

  override _write(chunk: Buffer | string, encoding: BufferEncoding, callback: () => void): void {
    this.#peer.receive(bytesOf({ chunk, encoding }), callback);
  }

  override _writev(chunks: Chunk[], callback: () => void): void {
    this.#peer.receive(Buffer.concat(chunks.map(bytesOf)), callback);
  }

  override _final(callback: () => void): void {
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#peer.onClose();
    super._destroy(error, callback);
  }
}
