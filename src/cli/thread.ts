import { load } from './load.ts'

load('commands').serveThread()
