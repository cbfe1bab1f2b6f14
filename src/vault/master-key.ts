import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectory } from '../../db/open.js';
import type { Random } from '../runtime/random.js';
import { MASTER_KEY_BYTES } from './secrets.js';

/** The master key cannot be read or created. The message is for the person who starts the program. */
export class MasterKeyError extends Error {}

/**
 * Reads the master key (base64, mode 0600) from a file, or creates the file.
 *
 * @param mayCreate false if the data directory may have sealed secrets: a new key cannot open them
 * @throws MasterKeyError
 */
export function readMasterKey(file: string, mayCreate: boolean, random: Random): Buffer {
  if (existsSync(file)) return parse(file);
  if (!mayCreate) {
    throw new MasterKeyError(
      `The master key ${file} does not exist, and the data directory needs it. Restore the file, ` +
        'or set AUDITWIRE_MASTER_KEY or AUDITWIRE_MASTER_KEY_FILE.',
    );
  }
  try {
    // Written under another name first: a crash leaves the whole key or no key.
    const unfinished = `${file}.new`;
    const descriptor = openSync(unfinished, 'w', 0o600);
    writeSync(descriptor, `${random(MASTER_KEY_BYTES).toString('base64')}\n`);
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(unfinished, file);
    syncDirectory(dirname(file));
  } catch (error) {
    throw new MasterKeyError(
      `The master key ${file} cannot be created: ${String(error)}. ` +
        'Set AUDITWIRE_MASTER_KEY_FILE to a file that can be created, or set AUDITWIRE_MASTER_KEY.',
    );
  }
  return parse(file);
}

function parse(file: string): Buffer {
  let key: Buffer;
  try {
    if (statSync(file).mode & 0o077) throw new Error('other users can read it; run chmod 600 on it');
    key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
    if (key.length !== MASTER_KEY_BYTES) throw new Error(`it does not hold ${MASTER_KEY_BYTES} bytes in base64`);
  } catch (error) {
    throw new MasterKeyError(
      `The master key ${file} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return key;
}
