import {
  HEAD_BYTES,
  isBlank,
  type Judgement,
  judgeFirstLine,
  lineContent,
  refusalOf,
} from '../../src/webhook/import/file-kind.js';

/** A file judged as the command does it. */
export function judge(file: Buffer): Judgement {
  const refusal = refusalOf(file.subarray(0, HEAD_BYTES));
  if (refusal !== null) return { refusal };
  for (let from = 0; from < file.length; ) {
    const end = file.indexOf(0x0a, from);
    const content = lineContent(file.subarray(from, end < 0 ? undefined : end));
    if (!isBlank(content)) return judgeFirstLine(content, end >= 0);
    if (end < 0) break;
    from = end + 1;
  }
  return { refusal: 'is empty' };
}
