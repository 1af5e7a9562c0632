/** Where a request may not go, however the address is written. */
import { isAllowedAddress } from '../../gateways/addresses';

const refusedAlways = [
  '169.254.169.254', '169.254.0.1', '0.0.0.0', '0.1.2.3', '100.100.100.200', '168.63.129.16', '224.0.0.1', '255.255.255.255', '240.0.0.1', '192.0.2.1', '198.18.0.1', '192.88.99.1',
  'fe80::1', 'fe80::1%eth0', 'ff02::1', '::', 'fd00:ec2::254', 'fd20:ce::254', '64:ff9b:1:7f00:0:100::', '64:ff9b:1::808:808', '2001:db8::1', '2001::1', '3fff::1',
  '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::1', '::169.254.169.254', 'not an address', '', '1.2.3', '999.1.1.1',
];
const privateOnes = [
  '127.0.0.1', '127.255.255.254', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '::1', 'fc00::1', 'fd12:3456::1', 'fec0::1',
  '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1', '2002:7f00:1::', '::ffff:10.1.2.3', '[::1]',
];
const publicOnes = ['1.1.1.1', '91.198.174.192', '172.15.255.255', '172.32.0.1', '100.63.255.255', '100.128.0.1', '2620:0:862:ed1a::1', '::ffff:1.1.1.1', '2002:101:101::1'];

test.each(refusedAlways)('%s is refused even where private hosts are allowed', (address) => {
  expect([isAllowedAddress(address, false), isAllowedAddress(address, true)]).toEqual([false, false]);
});
test.each(privateOnes)('%s is for those who allow private hosts', (address) => {
  expect([isAllowedAddress(address, false), isAllowedAddress(address, true)]).toEqual([false, true]);
});
test.each(publicOnes)('%s is open to all', (address) => {
  expect([isAllowedAddress(address, false), isAllowedAddress(address, true)]).toEqual([true, true]);
});
