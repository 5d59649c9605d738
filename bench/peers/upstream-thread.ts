import { Worker } from 'node:worker_threads'
import type { UpstreamOrder, UpstreamReady } from './upstream.ts'

/** The thread of `upstream.ts`, started and ready. */
export interface Upstream extends UpstreamReady, AsyncDisposable {
  /** Milliseconds each answer takes from now on. */
  setLatency(milliseconds: number): void
}

export async function startUpstream(order: UpstreamOrder): Promise<Upstream> {
  const worker = new Worker(new URL('upstream.mjs', import.meta.url), { workerData: order })
  const ready = await new Promise<UpstreamReady>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  return {
    ...ready,
    setLatency: (milliseconds) => worker.postMessage(milliseconds),
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}
