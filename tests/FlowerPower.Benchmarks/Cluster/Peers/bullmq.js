// BullMQ: fill N | work | latency N. REDIS_PORT says where; NODE_PATH where bullmq is installed.
const { Queue, QueueEvents, Worker } = require('bullmq');
const connection = { host: '127.0.0.1', port: Number(process.env.REDIS_PORT) };
const count = Number(process.argv[3]);

async function fill() {
  const queue = new Queue('bench', { connection });
  for (let first = 0; first < count; first += 1000) {
    await queue.addBulk(Array.from({ length: Math.min(1000, count - first) }, (_, k) => ({ name: 'noop', data: { i: first + k } })));
  }
  await queue.close();
}

function work() {
  new Worker('bench', async job => ({ ok: true, i: job.data.i }), { connection, concurrency: 200 });
}

async function latency() {
  const queue = new Queue('bench', { connection });
  const events = new QueueEvents('bench', { connection });
  await events.waitUntilReady();
  const took = [];
  for (let i = -50; i < count; i++) {
    const start = performance.now();
    await (await queue.add('noop', { i })).waitUntilFinished(events);
    if (i >= 0) took.push(performance.now() - start);
  }
  console.log(took.sort((a, b) => a - b)[Math.floor(count / 2)]);
  await events.close();
  await queue.close();
}

({ fill, work, latency })[process.argv[2]]();
