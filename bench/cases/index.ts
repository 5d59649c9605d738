import type { PeerCase } from '../peers/peer-case.ts'
import type { Case } from '../result.ts'
import { answers } from './answers.ts'
import { attacks } from './attacks.ts'
import { canonical } from './canonical.ts'
import { check } from './check.ts'
import { chain } from './chain.ts'
import { dane } from './dane.ts'
import { depth } from './depth.ts'
import { growth } from './growth.ts'
import { importKeys } from './import.ts'
import { memory } from './memory.ts'
import { parse } from './parse.ts'
import { scan } from './scan.ts'
import { forwarder } from './peers/forwarder.ts'
import { javascript } from './peers/javascript.ts'
import { processes } from './peers/processes.ts'
import { scanCores } from './scan-cores.ts'
import { verify } from './verify.ts'
import { warm } from './warm.ts'
import { zone } from './zone.ts'

/** In the order they are run: the small parts first. */
export const CASES: readonly Case[] = [
  parse,
  canonical,
  importKeys,
  verify,
  chain,
  depth,
  answers,
  zone,
  warm,
  dane,
  check,
  scan,
  attacks,
  growth,
  memory,
]

/** With programs as they are started: danelaw's own, and programs and packages of others. */
export const PEER_CASES: readonly PeerCase[] = [scanCores, javascript, forwarder, processes]
