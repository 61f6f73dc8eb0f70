import { expect, test } from 'vitest';
import { findTypes } from './catalogue.ts';

const TYPES = [
  { type: 's3', title: 'Amazon S3' },
  { type: 'cloudwatch', title: 'Amazon CloudWatch Logs' },
  { type: 'loki', title: 'Grafana Loki' },
  { type: 'from-tomorrow', title: 'Tomorrow' },
];
const found = (text: string) =>
  findTypes(TYPES, text).flatMap(({ kind, types }) => types.map(({ type }) => `${kind.id} ${type}`));

test('all types, by kind; what this page does not know is among the others', () => {
  expect(found('')).toEqual(['platform loki', 'cloud cloudwatch', 'storage s3', 'other from-tomorrow']);
});

test('by title, by sentence and by other words, all of which have to hold', () => {
  expect(found('amazon parquet')).toEqual(['storage s3']);
  expect(found('AWS')).toEqual(['cloud cloudwatch', 'storage s3']);
  expect(found('minio')).toEqual(['storage s3']);
  expect(found('nothing like it')).toEqual([]);
});
