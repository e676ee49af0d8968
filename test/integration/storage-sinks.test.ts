import { nodeFileSystem } from '#main/engine/storage/file-system.ts';
import { openFileBench } from '../support/file-bench.ts';
import { describeSinks } from '../support/sink-suite.ts';

const notLocal = { ...nodeFileSystem, volume: async () => ({ free: 1e12, kind: 0x6969 /* NFS */ }) };

describeSinks('a folder without fsync', (options) => openFileBench({ fsync: false, ...options }));
describeSinks('a folder on a network share', (options) =>
  openFileBench({ fsync: false, fileSystem: notLocal, ...options }),
);
describeSinks('a folder with fsync', (options) => openFileBench({ fsync: true, ...options }));
