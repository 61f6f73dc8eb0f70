import { PermanentError } from '../../runtime/errors.ts';
import type { ListenerContext, OpenListener, Receiver } from '../receiver.ts';
import { listenerSecret } from '../util/tcp-listener.ts';
import { decodeFile } from './decode.ts';
import { Tailer } from './tailer.ts';

/** Log files of this machine, containers' among them. See README.md. */
export const fileTail: Receiver = {
  id: 'file-tail',
  summary: 'Log files of this machine, containers’ among them',
  routes: [],
  listeners: [{ id: 'files', decode: decodeFile, open }],
};

async function open(context: ListenerContext): Promise<OpenListener | null> {
  const { paths, apiKey } = context.config['file-tail'];
  if (paths.length === 0) return null;
  const tailer = new Tailer(context, listenerSecret(context, apiKey, 'receivers.file-tail.apiKey'));
  try {
    await tailer.start();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `the places where log files were read to cannot be read from ${context.stateDir}: ${reason}`;
    throw new PermanentError('internal', message);
  }
  return { port: null, close: () => tailer.close() };
}
