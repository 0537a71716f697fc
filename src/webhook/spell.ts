import {
  AudioDto,
  ContentDto,
  CreditsDto,
  DeliveryDto,
  PieceDto,
  TokenDetailsDto,
  TokensDto,
  UsageDto,
} from './delivery.dto.js';
import { isJsonObject, type JsonObject } from './parse-json.js';

/**
 * Spells any body that the sender is known to post (V1, V2, a mixture, the slips of its page) as the documented
 * V2 body. Keys move, values stay untouched and unjudged: what should have been an object and is not stays where
 * its object belongs, for the DTO to refuse. `null` is absent everywhere, also as an element of a list.
 *
 * Where one thing is spelled twice the documented spelling wins, key by key.
 */
export function spell(body: JsonObject): DeliveryDto {
  return Object.assign(new DeliveryDto(), {
    conversation_id: body.conversation_id ?? undefined,
    message_id: body.message_id ?? undefined,
    create_time: body.create_time ?? undefined,
    message_type: body.message_type ?? undefined,
    text: body.text ?? undefined,
    output: eachIn(piecesOf(body), spellPiece),
    usage: spellUsage(body),
  } as Partial<DeliveryDto>);
}

/** `output` unless it is empty, then `flow_output`, then the one piece that lies flat at the top. */
function piecesOf(body: JsonObject): unknown {
  const output = withoutNull(body.output);
  if (!isEmpty(output)) return output;
  const flowOutput = withoutNull(body.flow_output);
  if (!isEmpty(flowOutput)) return flowOutput;
  const flat = body.content ?? body.from_component_branch ?? body.from_component_name ?? undefined;
  return flat === undefined ? [] : [body];
}

/** How many pieces and entries of audio a body has in all, told before they are spelled: that takes its time too. */
export function countEntries(body: JsonObject): number {
  const pieces = piecesOf(body);
  if (!Array.isArray(pieces)) return 0;
  let count = pieces.length;
  for (const piece of pieces) {
    const content: unknown = isJsonObject(piece) ? piece.content : undefined;
    const audio = isJsonObject(content) ? audioOf(content) : undefined;
    if (Array.isArray(audio)) count += audio.length;
  }
  return count;
}

function spellPiece(piece: JsonObject): PieceDto {
  return Object.assign(new PieceDto(), {
    from_component_name: piece.from_component_name ?? undefined,
    from_component_branch: piece.from_component_branch ?? piece.branch ?? undefined,
    content: spellContent(piece.content ?? undefined),
  } as Partial<PieceDto>);
}

const CONTENT_KEYS = new Set(['text', 'audio', 'audioDatas']);

function spellContent(content: unknown): ContentDto {
  if (typeof content === 'string')
    return Object.assign(new ContentDto(), { text: content, audio: [], more: {} });
  if (!isJsonObject(content)) return content as ContentDto;
  return Object.assign(new ContentDto(), {
    text: content.text ?? undefined,
    audio: eachIn(audioOf(content), spellAudio),
    more: without(CONTENT_KEYS, content),
  } as Partial<ContentDto>);
}

/** `audio` unless it is empty, then `audioDatas`. */
function audioOf(content: JsonObject): unknown {
  const audio = withoutNull(content.audio);
  return isEmpty(audio) ? withoutNull(content.audioDatas ?? audio) : audio;
}

const AUDIO_KEYS = new Set(['audio', 'url', 'transcript']);

function spellAudio(entry: JsonObject): AudioDto {
  return Object.assign(new AudioDto(), {
    audio: entry.audio ?? entry.url ?? undefined,
    transcript: entry.transcript ?? undefined,
    more: without(AUDIO_KEYS, entry),
  } as Partial<AudioDto>);
}

function spellUsage(body: JsonObject): UsageDto | undefined {
  const usage = body.usage ?? undefined;
  if (usage !== undefined && !isJsonObject(usage)) return usage as UsageDto;
  const credits = spellCredits(usage?.credits ?? undefined, body.credits ?? undefined);
  if (usage === undefined && credits === undefined) return undefined;
  return Object.assign(new UsageDto(), { tokens: usage && spellTokens(usage), credits });
}

/** Token keys in `usage.tokens`, in `usage.output` (a slip of the page), or flat in `usage`, in this order, key by key. */
function spellTokens(usage: JsonObject): TokensDto {
  const nested = onlyElement(usage.tokens ?? usage.output ?? undefined);
  if (nested !== undefined && !isJsonObject(nested)) return nested as TokensDto;
  const output = onlyElement(usage.output ?? undefined);
  const slip = isJsonObject(output) ? output : undefined;
  const pick = (key: string) => nested?.[key] ?? slip?.[key] ?? usage[key] ?? undefined;
  return Object.assign(new TokensDto(), {
    total_tokens: pick('total_tokens'),
    prompt_tokens: pick('prompt_tokens'),
    completion_tokens: pick('completion_tokens'),
    prompt_tokens_details: spellDetails(pick('prompt_tokens_details')),
    completion_tokens_details: spellDetails(pick('completion_tokens_details')),
  } as Partial<TokensDto>);
}

function spellDetails(details: unknown): TokenDetailsDto | undefined {
  if (!isJsonObject(details)) return details as TokenDetailsDto | undefined;
  return Object.assign(new TokenDetailsDto(), {
    text_tokens: details.text_tokens ?? undefined,
    audio_tokens: details.audio_tokens ?? undefined,
    reasoning_tokens: details.reasoning_tokens ?? undefined,
  });
}

/** Credits in `usage.credits`, or beside `usage`. */
function spellCredits(inUsage: unknown, beside: unknown): CreditsDto | undefined {
  const main = inUsage ?? beside;
  if (!isJsonObject(main)) return main as CreditsDto | undefined;
  const other = isJsonObject(beside) ? beside : main;
  const pick = (key: string) => main[key] ?? other[key] ?? undefined;
  return Object.assign(new CreditsDto(), {
    total_credits: pick('total_credits'),
    text_input_credits: pick('text_input_credits'),
    text_output_credits: pick('text_output_credits') ?? pick('text_output__credits'),
    audio_input_credits: pick('audio_input_credits'),
    audio_output_credits: pick('audio_output_credits'),
  });
}

/** Spells the objects of a list; what is no list, and elements that are no objects, stay as they are. */
function eachIn<T>(list: unknown, spellOne: (entry: JsonObject) => T): T[] {
  if (!Array.isArray(list)) return (list ?? []) as T[];
  return list.map((entry) => (isJsonObject(entry) ? spellOne(entry) : (entry as T)));
}

function withoutNull(list: unknown): unknown {
  return Array.isArray(list) && list.includes(null) ? list.filter((entry) => entry !== null) : list;
}

function isEmpty(list: unknown): boolean {
  return list === undefined || list === null || (Array.isArray(list) && list.length === 0);
}

function onlyElement(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 && isJsonObject(value[0]) ? value[0] : value;
}

/** The entries that have a value and none of the known keys. `Object.fromEntries` keeps `__proto__` a plain key. */
function without(known: ReadonlySet<string>, source: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(source).filter(([key, value]) => value !== null && !known.has(key)),
  );
}
