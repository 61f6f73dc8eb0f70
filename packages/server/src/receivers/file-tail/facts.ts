import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve as resolvePath } from 'node:path';
import type { ReceiversConfig } from '../config.ts';
import type { Place } from './identity.ts';
import { labelsOfPaths } from './places.ts';
import type { FileFacts } from './query.ts';

/** What is known of a file's events from its names and the configuration. */
export async function factsOf({ path, listed }: Place, config: ReceiversConfig['file-tail']): Promise<FileFacts> {
  const { service, multiline, multilineStart } = config;
  // Under Docker, kubelet's link to the pod's file is itself a link to Docker's.
  const hop = await readlink(listed).catch(() => listed);
  const labels = labelsOfPaths([listed, resolvePath(dirname(listed), hop), path]);
  labels['log.file.path'] = path;
  const isDocker = labels['container.id'] !== undefined && labels['k8s.pod.name'] === undefined;
  const name = isDocker ? await dockerName(path) : '';
  if (name !== '') labels['container.name'] = name;
  return {
    service: service ?? labels['k8s.container.name'] ?? name,
    host: hostname(),
    labels,
    multiline,
    multilineStart,
  };
}

/** The container's name, from the configuration that Docker keeps beside its log. Empty when it cannot be read. */
async function dockerName(path: string): Promise<string> {
  try {
    const config: unknown = JSON.parse(await readFile(join(dirname(path), 'config.v2.json'), 'utf8'));
    const isNamed =
      typeof config === 'object' && config !== null && 'Name' in config && typeof config.Name === 'string';
    return isNamed ? String(config.Name).replace(/^\//, '') : '';
  } catch {
    return '';
  }
}
