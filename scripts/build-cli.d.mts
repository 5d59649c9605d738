export function buildCommandLine(dist: string, nodes: readonly string[]): Promise<string[]>
