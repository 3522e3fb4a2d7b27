// Puts Helm, what checks a chart and the schemas into the cache: node test/charts/tools/fetch.mjs
import { fetchProgram, programNames, programsMissing } from './programs.mjs';
import { fetchSchemas, schemasMissing } from './schemas.mjs';

const reason = programsMissing();
if (reason) console.log(`programs skipped: ${reason}`);
else for (const name of programNames) console.log(await fetchProgram(name));

const lacking = reason ?? schemasMissing();
console.log(lacking ? `schemas skipped: ${lacking}` : await fetchSchemas());
