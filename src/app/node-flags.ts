const MAJOR = Number.parseInt(process.versions.node, 10);

/**
 * How Node runs whatever decides by policies, which are evaluated in WebAssembly. The V8 of Node 20 ends the process
 * ("unreachable code" in its deoptimizer) where it has to take back a call from JavaScript into WebAssembly that it
 * inlined, and it comes to that under load. Without inlining such calls it does not. Other versions were not seen to do
 * it, and one that no longer has the flag would not start.
 */
export const POLICY_FLAGS: readonly string[] = MAJOR === 20 ? ['--no-turbo-inline-js-wasm-calls'] : [];

/**
 * How Node runs the server. Studying an incident makes and drops tens of megabytes: with V8's usual 16 MB for what is young
 * much of it is moved before it is dropped, and the slowest twentieth of summaries takes half as long again.
 * Measured by `countersign bench summary`. The space is taken only where it is needed.
 */
export const SERVER_FLAGS: readonly string[] = ['--max-semi-space-size=32', ...POLICY_FLAGS];
