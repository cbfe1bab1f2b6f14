/**
 * The metadata services of clouds, which give a machine its own credentials. No setting permits a request to them, by any
 * address or name.
 */
import { type Address, isIn, parseRange } from './address-range.js';
import { embeddedIn } from './embedded-ipv4.js';

/**
 * The addresses that clouds document, each with the page that names it. A cloud that is not listed uses only 169.254.169.254
 * (Azure, IBM, DigitalOcean, Hetzner, OpenStack, Huawei, Yandex, Vultr, JD and more).
 */
const ranges = [
  '169.254.169.254/32', // AWS: docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
  '169.254.170.2/32', // AWS: docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
  '169.254.170.23/32', // AWS: docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
  'fd00:ec2::/32', // AWS: ::254 of instances and ::23 of pods, from the same guides
  '169.254.169.252/32', // Google: cloud.google.com/kubernetes-engine/docs/concepts/workload-identity
  'fd20:ce::254/128', // Google: cloud.google.com/compute/docs/metadata/querying-metadata
  '168.63.129.16/32', // Azure, a public address: learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
  '100.100.100.200/32', // Alibaba: alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata
  'fd00:100::100:200/128', // Alibaba, the same page
  '100.96.0.96/32', // Volcano Engine and BytePlus: docs.byteplus.com/en/docs/ecs/Viewing-instance-metadata
  '100.80.80.80/32', // UCloud and SurferCloud: docs.ucloud.cn/uhost/guide/metadata/metadata-server
  '192.0.0.192/32', // Oracle Classic: docs.oracle.com/en/cloud/iaas/compute-iaas-cloud/stcsg/retrieving-instance-metadata.html
  'fd00:c1::a9fe:a9fe/128', // Oracle: docs.oracle.com/en-us/iaas/Content/Compute/Tasks/gettingmetadata.htm
  '169.254.0.23/32', // Tencent: cloud.tencent.com/document/product/213/4934 (metadata.tencentyun.com)
  '169.254.10.10/32', // Tencent, the same page
  '169.254.42.42/32', // Scaleway: docs.cloud-init.io/en/latest/reference/datasources/scaleway.html
  'fd00:42::42/128', // Scaleway, the same page
  'fd00:a9fe:a9fe::1/128', // Akamai: docs.cloud-init.io/en/latest/reference/datasources/akamai.html
  'fe80::a9fe:a9fe/128', // OpenStack: docs.openstack.org/nova/latest/admin/metadata-service.html
  '169.254.169.250/32', // Rancher: rancher.com/docs/rancher/v1.6/en/rancher-services/metadata-service
].map(parseRange);

/** Names are checked too, because an egress proxy resolves them and Auditwire does not see their addresses. */
const names = new Set([
  'metadata.google.internal', // Google: cloud.google.com/compute/docs/metadata/querying-metadata
  'metadata.goog',
  'metadata', // Google, if its search domain completes the name
  'instance-data.ec2.internal', // AWS
  'instance-data', // AWS: docs.cloud-init.io/en/latest/reference/datasources/ec2.html
  'metadata.azure.internal', // Azure
  'metadata.tencentyun.com', // Tencent
  'api.metadata.cloud.ibm.com', // IBM: cloud.ibm.com/docs/vpc?topic=vpc-imd-about
  'metadata.platformequinix.com', // Equinix: deploy.equinix.com/developers/docs/metal/server-metadata/metadata
  'metadata.packet.net', // Equinix, its earlier name
  'metadata.exoscale.com', // Exoscale: community.exoscale.com/product/compute/instances/how-to/cloud-init-user-data
  'global.cloudinit.sdns.ksyun.com', // Kingsoft: endocs.ksyun.com/documents/7200
  'rancher-metadata', // Rancher, as above
]);

/**
 * Also true for an IPv6 address that contains one of the IPv4 addresses, certainly or possibly: an ordinary address does not by
 * chance. There are 13 such IPv4 addresses, and byte 8 must be 0 where a network may have its own NAT64. So a random address is
 * refused in 1 of 10^10 cases (5 places, 13 / 2^40 each). An address with a low host number (`::1`) is refused only in 13 of the
 * 2^32 networks (/64) below a prefix of 32 bits, such as `2a00:db8:a9fe:a9fe::/64`.
 */
export function isMetadataAddress(address: Address): boolean {
  return [address, ...embeddedIn(address, 'CERTAIN'), ...embeddedIn(address, 'POSSIBLE')].some((one) =>
    ranges.some((range) => isIn(one, range)),
  );
}

/** @param hostname as `new URL` gives it, in lower case */
export function isMetadataName(hostname: string): boolean {
  return names.has(hostname.replace(/\.+$/, ''));
}
