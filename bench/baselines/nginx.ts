import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../product.js';
import type { Workspace } from '../workspace.js';

/** One worker, as the product has one thread for its sockets. Everything that nginx writes stays in the folder. */
const configuration = (folder: string, port: number): string => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 256; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  open_file_cache max=100;
  types { image/jpeg jpg; }
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server { listen 127.0.0.1:${port}; root ${folder}/files; }
}
`;

/** Serves a file from a nginx of its own and resolves with the file's URL. */
export const serveByNginx = async (workspace: Workspace, nginxPath: string, bytes: Uint8Array): Promise<string> => {
  const folder = join(workspace.folder, 'nginx');
  // started by root, its worker is nobody, and must find its way to the file
  await chmod(workspace.folder, 0o711);
  await mkdir(join(folder, 'files'), { recursive: true });
  await writeFile(join(folder, 'files', 'variant.jpg'), bytes);
  const port = await freePort();
  await writeFile(join(folder, 'nginx.conf'), configuration(folder, port));
  workspace.start(nginxPath, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], {
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}/variant.jpg`;
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return url;
    await sleep(20);
  }
  throw new Error('nginx did not start.');
};
