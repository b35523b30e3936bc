import { BlockList, isIP } from 'node:net';

/** What is not the public Internet (IANA's special-purpose registries): private, local, reserved, multicast. */
const special = new BlockList();
const ipv4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const;
const ipv6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  // holds an IPv4 address, which may be any
  ['2002::', 16],
  ['3fff::', 20],
] as const;
for (const [net, prefix] of ipv4) special.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of ipv6) special.addSubnet(net, prefix, 'ipv6');

/** All that is given out of IPv6. IPv4 addresses mapped into it are not in here, and neither are translated ones. */
const globalIpv6 = new BlockList();
globalIpv6.addSubnet('2000::', 3, 'ipv6');

/** Whether an IP address is one of the public Internet. */
export const isPublicAddress = (address: string): boolean => {
  if (isIP(address) === 4) return !special.check(address, 'ipv4');
  return isIP(address) === 6 && globalIpv6.check(address, 'ipv6') && !special.check(address, 'ipv6');
};
