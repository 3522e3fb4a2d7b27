import { describe, expect, it } from 'vitest';
import { groupOfLayout, protocolPresets } from './protocols.js';
import { layouts, protocols, studySchema } from './study.js';

const complete = (protocol: (typeof protocols)[number]) => {
  const preset = protocolPresets[protocol];
  const target = {
    layout: 'busi',
    path: '/data/busi',
    labels: {},
    ...preset.dataset,
    split: { ...preset.dataset.split, group: groupOfLayout.busi },
  };
  return {
    name: 'a-study',
    protocol,
    synthetic: false,
    datasets: {},
    targets: { breast: target },
    sources: { random: { random: true } },
    ...preset.study,
  };
};

describe('protocol presets', () => {
  it.each(protocols)('%s fills in every field that a study has', (protocol) => {
    expect(studySchema.safeParse(complete(protocol)).error).toBeUndefined();
  });

  it('differ exactly where the text, its code and the audit differ', () => {
    const { paper, 'paper-code': code, audited } = protocolPresets;
    expect([paper, code, audited].map((p) => p.study.analysis.summary)).toEqual(['sum', 'mean', 'mean']);
    expect([paper, code, audited].map((p) => p.study.analysis.gain)).toEqual([
      'difference',
      'relative',
      'difference',
    ]);
    expect([paper, code, audited].map((p) => p.study.analysis.filters)).toEqual(['rgb', 'blue', 'rgb']);
    expect([paper, code, audited].map((p) => p.study.evaluation.holdout)).toEqual([
      'shared',
      'shared',
      'nested',
    ]);
    expect([paper, code, audited].map((p) => p.dataset.unlabelled)).toEqual(['benign', 'benign', 'exclude']);
    expect(code.study.training).toEqual(paper.study.training);
  });

  it('know how every layout is grouped', () => {
    expect(Object.keys(groupOfLayout).sort()).toEqual([...layouts].sort());
  });
});

describe('the study schema', () => {
  it('refuses a field that it does not know', () => {
    const study = { ...complete('audited'), epochs: 3 };
    expect(studySchema.safeParse(study).error?.issues[0]).toMatchObject({
      code: 'unrecognized_keys',
      keys: ['epochs'],
    });
  });

  it('refuses names that could not be part of a key', () => {
    const study = { ...complete('audited'), name: '../escape' };
    expect(studySchema.safeParse(study).success).toBe(false);
  });
});
