import { createJsonBodyDecoder } from '../util/json-event/body-decoder.ts';
import { codeOfName } from '../util/json-event/names.ts';

/** Fills the batch from events under the platform's own names. */
export const decodeBrowser = createJsonBodyDecoder({ codeOf: codeOfName, lenient: false });
