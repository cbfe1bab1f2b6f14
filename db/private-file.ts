import { closeSync, constants, fsyncSync, openSync, writeSync } from 'node:fs';

/**
 * Makes a file that only its owner can read, from its first moment and whatever the umask is. An existing file is an error
 * (EEXIST), and so is a link, even one that leads nowhere: nothing is written through them.
 *
 * @param text is on the disk when the call returns
 */
export function makePrivateFile(file: string, text = ''): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const descriptor = openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    if (text === '') return;
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Syncs a directory: a new file is durable only when its directory entry is. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
