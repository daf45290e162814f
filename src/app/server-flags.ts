/**
 * How Node runs the server. Studying an incident makes and drops tens of megabytes: with V8's usual 16 MB for what is young
 * much of it is moved before it is dropped, and the slowest twentieth of summaries takes half as long again.
 * Measured by `countersign bench summary`. The space is taken only where it is needed.
 */
export const SERVER_FLAGS: readonly string[] = ['--max-semi-space-size=32'];
