import { join } from 'node:path';
import { expect, it } from 'vitest';
import { aFolder } from '../dataset.fixture.js';
import { readCsv } from './csv.js';

const read = async (text: string) => {
  const root = await aFolder({ 'data.csv': text });
  return { root, dataset: readCsv(join(root, 'data.csv')) };
};

it('keeps the order of the rows and passes over other columns', async () => {
  const { root, dataset } = await read(
    'id,path,label,patient\n7,b/2.png,sick,p1\n8,./a/1.png, well ,p2 \n9,c.png,,\n',
  );
  expect(await dataset).toEqual({
    root,
    images: [
      { path: 'b/2.png', label: 'sick', patient: 'p1' },
      { path: 'a/1.png', label: 'well', patient: 'p2' },
      { path: 'c.png', label: null, patient: null },
    ],
    labels: ['sick', 'well'],
    warnings: [],
  });
});

it('knows no patients without the column', async () => {
  const { dataset } = await read('path,label\nb.png,sick\n');
  expect((await dataset).images).toEqual([{ path: 'b.png', label: 'sick', patient: null }]);
});

it('reads what a spreadsheet saves: a byte order mark, carriage returns, backslashes', async () => {
  const { dataset } = await read('\uFEFFpath,label\r\nb\\1.png,sick\r\n');
  expect((await dataset).images).toEqual([{ path: 'b/1.png', label: 'sick', patient: null }]);
});

it('names the line without a path', async () => {
  const { dataset } = await read('path,label\na.png,sick\n,well\n');
  await expect(dataset).rejects.toMatchObject({
    code: 'invalid',
    message: 'data.csv line 3: expected a path, found nothing',
  });
});

it('refuses a header alone, a folder, and what is not there', async () => {
  const { root, dataset } = await read('path,label\n');
  await expect(dataset).rejects.toThrow('expected rows, found a header alone');
  await expect(readCsv(root)).rejects.toThrow(`${root}: expected a CSV file, found a folder`);
  await expect(readCsv(join(root, 'x.csv'))).rejects.toMatchObject({
    code: 'not-found',
    message: `${root}/x.csv: expected a CSV file, found nothing`,
  });
});
