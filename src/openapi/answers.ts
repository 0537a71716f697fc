import { ApiProperty } from '@nestjs/swagger';

/** Members of answers, for the API's document. The presenters make the answers. */
export const Text = (example: string, description?: string) =>
  ApiProperty({ type: String, example, ...(description ? { description } : {}) });
export const TextOrNull = (example: string | null, description?: string) =>
  ApiProperty({ type: String, nullable: true, example, ...(description ? { description } : {}) });
export const Id = (description?: string) =>
  ApiProperty({
    type: String,
    format: 'uuid',
    example: '01998678-7155-7000-8000-5d1f0c6b7a10',
    ...(description ? { description } : {}),
  });
export const Instant = (example: string) => ApiProperty({ type: String, format: 'date-time', example });
export const InstantOrNull = (example: string | null) =>
  ApiProperty({ type: String, format: 'date-time', nullable: true, example });
export const Count = (example: number, description?: string) =>
  ApiProperty({ type: 'integer', minimum: 0, example, ...(description ? { description } : {}) });
export const Sha256 = () =>
  ApiProperty({ type: String, pattern: '^[0-9a-f]{64}$', example: '9f'.repeat(32) });
export const NextCursor = () =>
  ApiProperty({
    type: String,
    nullable: true,
    description: 'For the parameter `cursor` of the next page; null on the last one.',
    example: null,
  });
