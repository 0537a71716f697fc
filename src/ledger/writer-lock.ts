/**
 * The key of the advisory lock under which one batch commits at a time, in all processes. Whoever holds it sees
 * everything that was committed before, and nothing is committed beside him. Each batch is recorded later than the one
 * before it, by a millisecond at least, and not before the moment it got the lock: so whoever held it for an instant
 * after a time had passed knows that nothing recorded at or before that time is still to come.
 */
export const WRITER_LOCK = 4_270_001;
