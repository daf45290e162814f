import type { ClaimKind } from './kind.ts';
import { saidAs } from './mutations.ts';
import { stated } from './stated.ts';

/** What was done on a machine. Where no account is named, the process is who the sentence is about. */
export const ENDPOINT: readonly ClaimKind[] = [
  stated('process_started', {
    template: '[{who} ]started [{process}|a process][ on {host}]',
    noun: 'process',
    isAct: true,
    mutations: [saidAs('script_executed', 'service_installed')],
  }),
  stated('script_executed', {
    template: '[{who} ]ran a script[ on {host}]',
    noun: 'script',
    isAct: true,
    mutations: [saidAs('process_started', 'file_written')],
  }),
  stated('file_written', {
    template: '[{who}|{process}|a process] wrote [{file}|a file][ on {host}]',
    noun: 'file that was written',
    own: [['file', 'file_path']],
    isAct: true,
    mutations: [saidAs('file_deleted', 'script_executed')],
  }),
  stated('file_deleted', {
    template: '[{who}|{process}|a process] deleted [{file}|a file][ on {host}]',
    noun: 'file that was deleted',
    own: [['file', 'file_path']],
    isAct: true,
    mutations: [saidAs('file_written')],
  }),
  stated('registry_set', {
    template: '[{who}|{process}|a process] changed the registry[ on {host}][ ({operation})]',
    noun: 'change of the registry',
    isAct: true,
    mutations: [saidAs('file_written', 'service_installed')],
  }),
  stated('service_installed', {
    template: '[{who} ]installed a service[ {object}][ on {host}]',
    noun: 'new service',
    own: [['file', 'file_path']],
    isAct: true,
    mutations: [saidAs('task_created', 'process_started')],
  }),
  stated('task_created', {
    template: '[{who} ]created a scheduled task[ on {host}]',
    noun: 'new scheduled task',
    isAct: true,
    mutations: [saidAs('service_installed', 'process_started')],
  }),
];
