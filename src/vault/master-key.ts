import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../../db/open.js';
import { makePrivateFile, syncDirectory } from '../../db/private-file.js';
import type { Random } from '../runtime/random.js';
import { MASTER_KEY_BYTES } from './secrets.js';

/** The master key cannot be read or created. The message is for the person who starts the program. */
export class MasterKeyError extends Error {}

/**
 * Reads the master key (base64) from a file, or creates the file (mode 0600).
 *
 * @param mayCreate false if the data directory may have sealed secrets: a new key cannot open them
 * @throws MasterKeyError
 */
export function readMasterKey(file: string, mayCreate: boolean, random: Random): Buffer {
  if (!existsSync(file)) {
    if (!mayCreate) {
      throw new MasterKeyError(
        `The master key ${file} does not exist, and the data directory needs it. Restore the file, ` +
          'or set AUDITWIRE_MASTER_KEY or AUDITWIRE_MASTER_KEY_FILE.',
      );
    }
    create(file, `${random(MASTER_KEY_BYTES).toString('base64')}\n`);
  }
  return read(file);
}

/** Creates the file whole or not at all, and only if nothing has its name: another server may have made its key there. */
function create(file: string, text: string): void {
  const unfinished = `${file}.new`;
  try {
    // After a crash it may be there; a link of this name is removed, not followed.
    rmSync(unfinished, { force: true });
    makePrivateFile(unfinished, text);
    try {
      // Unlike a rename, a link replaces nothing.
      linkSync(unfinished, file);
    } finally {
      rmSync(unfinished);
    }
    syncDirectory(dirname(file));
  } catch (error) {
    const reason = errorCode(error) === 'EEXIST' ? 'a file or a link that leads nowhere has this name' : String(error);
    throw new MasterKeyError(
      `The master key ${file} cannot be created: ${reason}. ` +
        'Set AUDITWIRE_MASTER_KEY_FILE to a file that can be created, or set AUDITWIRE_MASTER_KEY.',
    );
  }
}

/** Links are followed, because Kubernetes mounts a secret as a link. The open file is checked, so no one can exchange it later. */
function read(file: string): Buffer {
  try {
    const descriptor = openSync(file, constants.O_RDONLY);
    try {
      const reason = reasonAgainstAccess(fstatSync(descriptor), process.geteuid?.());
      if (reason) throw new Error(reason);
      const key = Buffer.from(readFileSync(descriptor, 'utf8').trim(), 'base64');
      if (key.length !== MASTER_KEY_BYTES) throw new Error(`it does not hold ${MASTER_KEY_BYTES} bytes in base64`);
      return key;
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new MasterKeyError(
      `The master key ${file} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/**
 * Why a key file may have been read or written by others; null if it may not. Its owner must be this user, and no other user may
 * read it. A file of root that is read-only (0400, or 0440 for its group) is accepted: containers get their secrets like this.
 *
 * @param user the id of this user; undefined where there is none
 */
export function reasonAgainstAccess(
  { mode, uid }: Pick<Stats, 'mode' | 'uid'>,
  user: number | undefined,
): string | null {
  const isSecretOfRoot = uid === 0 && !(mode & 0o337);
  if (user === undefined || isSecretOfRoot) return null;
  if (uid !== user && uid !== 0) return 'it belongs to another user; make this user its owner (chown)';
  return mode & 0o077
    ? 'other users can read it; run chmod 600 on it, or chmod 440 if it belongs to root and this user reads it as a group'
    : null;
}
