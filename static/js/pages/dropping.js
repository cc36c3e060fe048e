// Files that are dragged onto the page: those for a message land in it; anywhere else a browser would show one instead of the mailbox.

/** @param {DataTransfer|null} carried */
export const carriesFiles = (carried) => Boolean(carried?.types.includes('Files'));

/** What a browser goes to when it is let fall: a file, or a link where nobody writes. @param {EventTarget|null} target @param {DataTransfer|null} carried */
const leadsAway = (target, carried) => carriesFiles(carried) || Boolean(carried?.types.includes('text/uri-list') && !(target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement));

/** What is let fall beside the message takes nobody's place. @param {EventTarget} [page] */
export function keepPageFromFiles(page = window) {
  const refuse = (/** @type {Event} */ event) => {
    const { dataTransfer, defaultPrevented, target } = /** @type {DragEvent} */ (event);
    if (defaultPrevented || !leadsAway(target, dataTransfer)) return;
    event.preventDefault();
    if (dataTransfer) dataTransfer.dropEffect = 'none';
  };
  page.addEventListener('dragover', refuse);
  page.addEventListener('drop', refuse);
}

/**
 * What files hold. A folder looks like a file until it is read.
 * @param {readonly File[]} files
 * @returns {Promise<{read: {file: File, bytes: Uint8Array<ArrayBuffer>}[], unread: File[]}>}
 */
export async function readFiles(files) {
  const tried = await Promise.allSettled(files.map((file) => file.arrayBuffer()));
  return {
    read: tried.flatMap((one, index) => (one.status === 'fulfilled' ? [{ file: files[index], bytes: new Uint8Array(one.value) }] : [])),
    unread: files.filter((_, index) => tried[index].status === 'rejected'),
  };
}
