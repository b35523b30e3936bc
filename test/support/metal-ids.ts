/** The images that the vendor's own tests resolve ids among. */
export const ubuntuIds = [
  'ubuntu-14.1',
  'ubuntu-14.4',
  'ubuntu-17.4',
  'ubuntu-17.10',
  'ubuntu-18.4',
  'ubuntu-19.4',
  'ubuntu-19.10',
  'ubuntu-20.4.20200401',
  'ubuntu-20.4.20200501',
  'ubuntu-20.4.20200502',
  'ubuntu-20.4.20200603',
];
export const oldAlpineIds = ['alpine-3.9', 'alpine-3.9.20191012'];
export const alpineIds = [...oldAlpineIds, 'alpine-3.10', 'alpine-3.10.20191012'];
export const firewallIds = ['firewall-ubuntu-2.0.20200331', 'firewall-2.0.20200331'];
