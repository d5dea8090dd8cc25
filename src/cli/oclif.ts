/** What of oclif is used. Its index loads semver to look at the version of node, which costs every command 5 ms. */
export * as Args from '@oclif/core/args';
export { Command } from '@oclif/core/command';
export * as Errors from '@oclif/core/errors';
export * as Flags from '@oclif/core/flags';
export { run } from '@oclif/core/run';
export { settings } from '@oclif/core/settings';
