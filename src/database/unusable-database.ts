/** A database that this program cannot use as it is, in a sentence that says what to do. */
export class UnusableDatabase extends Error {}
