// bee-queue: fill N | work | latency N. REDIS_PORT says where; NODE_PATH where bee-queue is installed.
const Queue = require('bee-queue');
const redis = { host: '127.0.0.1', port: Number(process.env.REDIS_PORT) };
const count = Number(process.argv[3]);

async function fill() {
  const queue = new Queue('bench', { redis, isWorker: false, getEvents: false, storeJobs: false });
  for (let first = 0; first < count; first += 1000) {
    const jobs = Array.from({ length: Math.min(1000, count - first) }, (_, k) => queue.createJob({ i: first + k }));
    const errors = await queue.saveAll(jobs);
    if (errors.size > 0) throw new Error(`${errors.size} jobs were not stored`);
  }
  await queue.close();
}

function work() {
  const queue = new Queue('bench', { redis, getEvents: false, storeJobs: false });
  // It publishes a result and does not store it; a job's data are stored again when it ends, so the result is kept there.
  queue.process(50, async job => { job.data.result = { ok: true, i: job.data.i }; return job.data.result; });
}

async function latency() {
  const queue = new Queue('bench', { redis, isWorker: false, storeJobs: false });
  await queue.ready();
  const took = [];
  for (let i = -50; i < count; i++) {
    const start = performance.now();
    // The queue's event: one job at a time, and the job's own event is lost if it comes before save() is done.
    const done = new Promise(resolve => queue.once('job succeeded', resolve));
    await queue.createJob({ i }).save();
    await done;
    if (i >= 0) took.push(performance.now() - start);
  }
  console.log(took.sort((a, b) => a - b)[Math.floor(count / 2)]);
  await queue.close();
}

({ fill, work, latency })[process.argv[2]]();
