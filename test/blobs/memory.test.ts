import { MemoryBlobStore } from '../../src/blobs/memory.js';
import { testBlobStoreContract } from '../contract/blob-store/blob-store-contract.js';

testBlobStoreContract('the memory', async () => new MemoryBlobStore());
