/**
 * What the path of a container's log says.
 * kubelet: /var/log/pods/NAMESPACE_POD_UID/CONTAINER/N.log, linked as /var/log/containers/POD_NAMESPACE_CONTAINER-ID.log
 * (https://kubernetes.io/docs/concepts/cluster-administration/logging/#log-location-node).
 * Docker: /var/lib/docker/containers/ID/ID-json.log.
 */
const POD = /\/pods\/([^/_]+)_([^/_]+)_([^/_]+)\/([^/]+)\/\d+\.log/;
const CONTAINER_LINK = /\/containers\/([^/_]+)_([^/_]+)_([^/]+)-([0-9a-f]{64})\.log/;
const DOCKER = /\/containers\/([0-9a-f]{64})\/\1-json\.log/;

/** Labels by OpenTelemetry's names, from all names of a file: where one says nothing, another may. */
export function labelsOfPaths(paths: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const path of paths) {
    const pod = POD.exec(path);
    const link = CONTAINER_LINK.exec(path);
    const docker = DOCKER.exec(path);
    if (pod !== null) {
      labels['k8s.namespace.name'] = pod[1];
      labels['k8s.pod.name'] = pod[2];
      labels['k8s.pod.uid'] = pod[3];
      labels['k8s.container.name'] = pod[4];
    }
    if (link !== null) {
      labels['k8s.pod.name'] = link[1];
      labels['k8s.namespace.name'] = link[2];
      labels['k8s.container.name'] = link[3];
      labels['container.id'] = link[4];
    }
    if (docker !== null) labels['container.id'] = docker[1];
  }
  return labels;
}

/** Packed copies: what is in them was read before it was packed. */
const PACKED = /\.(gz|bz2|xz|zst|zstd|lz4|lzma|br|zip|Z)$/i;

export function isPackedName(path: string): boolean {
  return PACKED.test(path);
}

const MAGIC = ['1f8b', '425a68', 'fd377a585a00', '28b52ffd', '04224d18', '504b0304'];

/** Whether a file that begins so is packed, whatever its name. */
export function isPackedContent(head: Buffer): boolean {
  const hex = head.toString('hex', 0, 6);
  return MAGIC.some((magic) => hex.startsWith(magic));
}
