/** `danelaw/wire`: names, records, messages, and their presentation form. Pure: no I/O, runs in a browser. */
export { formatMasterFile } from './master-file/format.ts'
export { type MasterFileOptions, parseMasterFile, parseRecord } from './master-file/parse.ts'
export { formatRdata, parseRdata } from './presentation/rdata.ts'
export { formatRecord } from './presentation/record.ts'
