/** Chains of certificates, each odd in one way. */
import type { Shape } from './builders.ts'
import { constraintShapes, extensionShapes, purposeShapes, timeShapes } from './content-shapes.ts'
import { algorithmShapes, encodingShapes, nameShapes } from './name-shapes.ts'
import { basicShapes, chainShapes, crossShapes, identifierShapes } from './path-shapes.ts'

/** All of them, with keys made anew. */
export function shapes(): readonly Shape[] {
  return [
    ...chainShapes(),
    ...crossShapes(),
    ...identifierShapes(),
    ...basicShapes(),
    ...purposeShapes(),
    ...constraintShapes(),
    ...extensionShapes(),
    ...timeShapes().map((shape) => ({ ...shape, about: 'times' as const })),
    ...nameShapes().map((shape) => ({ ...shape, about: 'names' as const })),
    ...encodingShapes(),
    ...algorithmShapes(),
  ]
}
