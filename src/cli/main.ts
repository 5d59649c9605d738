#!/usr/bin/env node
import { load } from './load.ts'

// What names the command stands behind `--json` or `help` at most; without one, any bundle tells what is wrong.
const command = process.argv.slice(2).find((argument) => argument !== '--json' && argument !== 'help')
void load(command === 'query' || command === 'demo' ? command : 'commands')
  .main()
  .then((isThrough) => {
    // Node would give back piece by piece what the system takes back as a whole.
    if (isThrough) process.exit()
  })
