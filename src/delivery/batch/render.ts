import type { LogFormat } from '../../domain/formats/index.js';
import type { LineSettings } from '../../domain/log-line.js';
import type { Login } from '../../domain/login.js';
import type { LoginRange } from '../../domain/login-range.js';
import { streamOf } from '../../domain/stream.js';
import type { LogReader } from '../../log/event-log.js';
import type { Signers } from '../../vault/signing-keys.js';
import { encode, writeLines } from './encode.js';

/** The logins of a batch, and everything that shapes their lines: the same plan always gives the same text. */
export interface Plan extends LoginRange {
  portalId: string;
  logFormat: LogFormat;
  signingKeyId: string;
  line: LineSettings;
  /** Most bytes of the lines before compression; null: no limit, because the batch was started with these logins. */
  maxBytes: number | null;
}

/** A batch that is ready to be sent. It ends before its plan does if its bytes reach their limit. */
export interface Rendered {
  lastVersion: number;
  /** Lines, signed and compressed with gzip. */
  body: Buffer;
}

/** Renders a batch, in this thread or in another. */
export type Render = (plan: Plan) => Promise<Rendered>;

/** Reads the logins of a plan, writes their lines, and signs and compresses them: all slow work except the network. */
export function createRenderer(log: LogReader, signerOf: Signers['signerOf']) {
  return (plan: Plan): Rendered => {
    const { portalId, firstVersion, lastVersion, logFormat, signingKeyId } = plan;
    const logins = log.data(streamOf('login', portalId), firstVersion, lastVersion) as Login[];
    const lines = writeLines(logins, plan);
    return { lastVersion: firstVersion + lines.length - 1, body: encode(lines, logFormat, signerOf(signingKeyId)) };
  };
}
