// Copies the programs of Kafka and MinIO into a folder, from the cache: node test/cluster/servers/programs.mjs FOLDER
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { fetchKafka } from '../../distributed/servers/kafka.mjs';
import { fetchMinio } from '../../distributed/servers/minio.mjs';

const folder = process.argv[2];
await cp(await fetchKafka(), path.join(folder, 'kafka'), { recursive: true });
await cp(path.join(await fetchMinio(), 'minio'), path.join(folder, 'minio'));
