/** Milliseconds for a whole request to arrive; a slow sender must not hold a connection for ever. */
export const REQUEST_TIMEOUT = 30_000;
/** Milliseconds for its headers alone. */
export const HEADERS_TIMEOUT = 10_000;
/** Milliseconds between two looks for requests that exceed these. */
export const CHECK_EVERY = 5_000;
/** Milliseconds an idle connection stays open. Longer than the 60 s of common proxies, so that they close first. */
export const KEEP_ALIVE = 72_000;
/** Bytes of the request line and all headers; more is answered 431. */
export const HEADER_BYTES = 16_384;
/** Characters of an address; more is answered 414. A `q` of 1,000 characters fits, each of twelve as "%F0%9F%98%80". */
export const ADDRESS_LENGTH = 14_000;
/** Open connections. Those beyond are closed at once: what is open must still find memory and file handles. */
export const CONNECTIONS = 5_000;
