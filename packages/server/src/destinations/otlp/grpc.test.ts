import { destinationContract } from '../../../test/contracts/destination.contract.ts';
import { openOtlpGrpcVendor } from '../../../test/support/vendors/otlp.ts';
import { otlp } from './index.ts';

destinationContract(otlp, openOtlpGrpcVendor);
