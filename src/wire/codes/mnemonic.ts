/** The numbers of one registry that have mnemonics in presentation form; the keys are in upper case. */
export type Mnemonics = ReadonlyMap<string, number>
