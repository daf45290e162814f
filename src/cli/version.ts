/** Written in by the build from package.json. */
export const PROGRAM_VERSION: string = process.env['COUNTERSIGN_VERSION'] ?? 'unbuilt';
