import { storeContract } from '../contracts/store.contract.ts';
import { openEmbedded } from './clickhouse-under-test.ts';

storeContract('ClickHouse, embedded', openEmbedded);
