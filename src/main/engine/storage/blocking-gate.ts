/** Decides whether small files may be stored by calls that block: only while the volume is quick. */

// Longer than this is a stall somebody could notice; the loop then runs without blocking for that long times twenty, so
// that at most a twentieth of its time is ever spent in stalls.
const STALL = 5;
const REST = 20;

/** The magic numbers of statfs(2) of local file systems; a network share can stall for minutes. */
const LOCAL_VOLUMES = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0x01021994, // tmpfs
  0x794c7630, // overlayfs
  0x2fc12fc1, // ZFS
  0xf2f52010, // F2FS
  0xca451a4e, // bcachefs
]);

/** Whether statfs's `kind` is known to be a local file system (on Linux; elsewhere the number says nothing). */
export function isLocalVolume(kind: number): boolean {
  return process.platform === 'linux' && LOCAL_VOLUMES.has(kind);
}

export class BlockingGate {
  #closedUntil: number;

  constructor(local: boolean) {
    this.#closedUntil = local ? 0 : Number.POSITIVE_INFINITY;
  }

  get open(): boolean {
    return performance.now() >= this.#closedUntil;
  }

  /** Runs what blocks, and closes the gate for a while when it took too long. */
  run<T>(work: () => T): T {
    const begun = performance.now();
    try {
      return work();
    } finally {
      const ended = performance.now();
      if (ended - begun > STALL) this.#closedUntil = ended + (ended - begun) * REST;
    }
  }
}
