import { MemoryBlobStore } from '../../src/blobs/memory.js';
import { testBlobStoreContract } from '../contract/blob-store.js';

testBlobStoreContract('the memory', async () => new MemoryBlobStore());
