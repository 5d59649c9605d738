import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { invoke } from './invoke.ts'

describe('help', () => {
  test.each([[['--help']], [['-h']], [['help']]])('%j is the overview', async (argv) => {
    const { status, stdout, stderr } = await invoke(argv)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    await expect(stdout).toMatchFileSnapshot('golden/danelaw.txt')
  })

  test.each(COMMANDS.map(({ name }) => name))('of %s', async (name) => {
    const { status, stdout, stderr } = await invoke([name, '--help'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    await expect(stdout).toMatchFileSnapshot(`golden/${name}.txt`)
    expect((await invoke(['help', name])).stdout).toBe(stdout)
    // Also where something else is wrong.
    expect((await invoke([name, '--nonsense', '--help'])).stdout).toBe(stdout)
  })

  test.each(COMMANDS.map(({ name }) => name))('of %s names every option once', async (name) => {
    const command = await COMMANDS.find((entry) => entry.name === name)!.load()
    const { stdout } = await invoke([name, '--help'])
    for (const option of [...Object.keys(command.options), 'json', 'help']) {
      expect(stdout.match(new RegExp(`^  --${option}\\b(?!-)`, 'gm')), option).toHaveLength(1)
    }
  })

  test('fits a terminal', async () => {
    for (const { name } of COMMANDS) {
      const { stdout } = await invoke([name, '--help'])
      for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100)
    }
  })

  test('behind -- is a name', async () => {
    const { status, stderr } = await invoke(['query', '--fixture', '/nowhere', '--', '--help'])
    expect(status).toBe(64)
    expect(stderr).toMatch(/^danelaw: \/nowhere: /)
  })
})

test('--version is that of the package', async () => {
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } })
  expect(await invoke(['--version'])).toEqual({ status: 0, stdout: `danelaw ${manifest.version}\n`, stderr: '' })
})
