import { RECEIVERS } from '../../src/receivers/registry.ts';
import { sampleRoutes } from '../support/receiver-samples.ts';
import { receiverContract } from './receiver.contract.ts';

for (const receiver of RECEIVERS) {
  receiverContract(
    receiver,
    sampleRoutes.filter((route) => route.receiver === receiver.id),
  );
}
