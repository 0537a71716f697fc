import { type ValidationError, validateSync } from 'class-validator';
import type { DeliveryDto } from './delivery.dto.js';
import { isJsonObject } from './parse-json.js';

/** One reason to refuse a body; `field` is its documented path, `problem` the sentence that goes after it. */
export interface Problem {
  field: string;
  problem: string;
}

/** Enough to mend a sender by; a body with a million wrong pieces is not worth a longer answer. */
const MAX_PROBLEMS = 20;

/** The first problems of a delivery as its DTO declares it; empty if it is as documented. */
export function problemsIn(delivery: DeliveryDto): Problem[] {
  const problems: Problem[] = [];
  collect(validateSync(delivery), '', problems);
  return problems;
}

function collect(errors: readonly ValidationError[], path: string, problems: Problem[]): void {
  for (const error of errors) {
    if (problems.length >= MAX_PROBLEMS) return;
    const field = fieldPath(path, error.property);
    const [problem] = Object.values(error.constraints ?? {});
    if (problem === undefined) collect(error.children ?? [], field, problems);
    else if (Array.isArray(error.value)) collectNonObjects(error.value, field, problem, problems);
    else problems.push({ field, problem });
  }
}

/** A list is refused as a whole by its decorator; its elements say which of them is meant. */
function collectNonObjects(
  list: readonly unknown[],
  field: string,
  problem: string,
  problems: Problem[],
): void {
  const before = problems.length;
  for (let index = 0; index < list.length && problems.length < MAX_PROBLEMS; index++) {
    if (!isJsonObject(list[index]))
      problems.push({ field: `${field}[${index}]`, problem: 'must be an object' });
  }
  if (problems.length === before) problems.push({ field, problem });
}

function fieldPath(path: string, property: string): string {
  if (/^\d+$/.test(property)) return `${path}[${property}]`;
  return path === '' ? property : `${path}.${property}`;
}
